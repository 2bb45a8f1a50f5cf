import CPUBackend
import Compute
import Foundation
import Graph

/// A graph with input values, run on the float64 CPU backend.
final class Workbench {
  let graph = Graph()
  let backend = CPUBackend(threads: 1, realType: .float64)
  var storages: [String: any DeviceBuffer] = [:]

  func storage(_ name: String, _ values: [Double]) throws {
    let buffer = try backend.allocate(byteCount: 8 * values.count)
    try backend.upload(reals: values, to: BufferView(buffer))
    storages[name] = buffer
  }

  func words(_ name: String, _ values: [UInt32]) throws {
    let buffer = try backend.allocate(byteCount: 4 * values.count)
    try backend.upload(values, to: BufferView(buffer))
    storages[name] = buffer
  }

  /// A tensor in a storage of its own.
  func input(_ name: String, _ values: [Double], _ shape: Shape) throws -> Tensor {
    try storage(name, values)
    return graph.placed(shape, in: name)
  }

  /// What changes from step to step, all zero.
  func step(slots: Int) throws -> StepTensors {
    try words("step state", [UInt32](repeating: 0, count: 8))
    try words("state table", [UInt32](repeating: 0, count: 8 * slots))
    return StepTensors(
      state: graph.placed([8], .uint32, in: "step state"),
      scalars: try input("step scalars", [Double](repeating: 0, count: 8), [8]),
      update: try input("update", [Double](repeating: 0, count: 8), [8]),
      stateTable: graph.placed([slots, 8], .uint32, in: "state table"),
      scalarTable: try input(
        "scalar table", [Double](repeating: 0, count: 8 * slots), [slots, 8]))
  }

  func ones(_ shape: Shape) -> Tensor {
    graph.constant([Double](repeating: 1, count: shape.count), shape: shape)
  }

  func program(_ outputs: [Tensor], fuses: Bool = true) throws -> Program {
    try Program(graph, outputs: outputs, backend: backend, storages: storages, fuses: fuses)
  }

  func run(_ outputs: [Tensor]) throws -> [[Double]] {
    let program = try program(outputs)
    try program.run()
    return try outputs.map { try program.readDoubles($0) }
  }

  func contents(of storage: String, count: Int) throws -> [Double] {
    guard let buffer = storages[storage] else { return [] }
    return try backend.downloadReals(BufferView(buffer), count: count)
  }
}
