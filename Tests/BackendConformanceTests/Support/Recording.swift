import Compute
import Graph
import TestSupport

/// A graph under construction with its inputs' values, for tests outside the table.
@MainActor final class Recording {
  let graph = Graph()
  private var values: [(tensor: Tensor, values: [Double])] = []

  /// An input tensor with the given values.
  func input(_ values: [Double], _ shape: Shape, _ type: ElementType = .real) -> Tensor {
    let tensor = graph.placed(shape, type, in: "input \(self.values.count)")
    self.values.append((tensor, values))
    return tensor
  }

  /// A tensor of random values.
  func random(
    _ shape: Shape, _ low: Double = -1, _ high: Double = 1, _ generator: inout SeededGenerator
  ) -> Tensor {
    input((0..<shape.count).map { _ in generator.real(low, high) }, shape)
  }

  /// A part of an input's storage.
  func part(of tensor: Tensor, _ shape: Shape, offset: Int) -> Tensor {
    guard let placement = graph.placements[tensor.id] else {
      preconditionFailure("\(tensor) is no input")
    }
    return graph.placed(shape, in: placement.storage, offset: placement.offset + offset)
  }

  /// The state of a step.
  func state(seed: UInt64 = 1, step: Int = 0, batchStart: Int = 0, slot: Int = 0) -> Tensor {
    let words = [
      Double(seed & 0xFFFF_FFFF), Double(seed >> 32), Double(step), Double(batchStart),
      Double(slot),
    ]
    return input(words, [5], .uint32)
  }

  /// The gradients of the sum of an output's values.
  func gradients(of output: Tensor, _ targets: [Tensor]) -> [Tensor] {
    let ones = graph.constant(
      [Double](repeating: 1, count: output.shape.count), shape: output.shape)
    return graph.gradients(of: output, seed: ones, withRespectTo: targets).compactMap { $0 }
  }

  func program(
    _ outputs: [Tensor], on backend: any Backend, precision: Precision = .fp32,
    fuses: Bool = Plan.fusesByDefault
  ) throws -> Program {
    var storages: [String: any DeviceBuffer] = [:]
    for (index, entry) in values.enumerated() {
      let size = backend.realType.byteCount(of: entry.tensor.type)
      let buffer = try backend.allocate(byteCount: entry.values.count * size)
      let view = BufferView(buffer)
      switch entry.tensor.type {
      case .real: try backend.upload(reals: entry.values, to: view)
      case .uint32: try backend.upload(entry.values.map { UInt32($0) }, to: view)
      case .uint8: try backend.upload(entry.values.map { UInt8($0) }, to: view)
      }
      storages["input \(index)"] = buffer
    }
    return try Program(
      graph, outputs: outputs, backend: backend, storages: storages, precision: precision,
      fuses: fuses)
  }

  /// Runs once and reads the outputs.
  func run(_ outputs: [Tensor], on backend: any Backend) throws -> [[Double]] {
    let program = try program(outputs, on: backend)
    try program.run()
    return try outputs.map { try program.readDoubles($0) }
  }
}
