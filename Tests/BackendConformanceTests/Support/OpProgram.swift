import Compute
import Graph

/// A row of the table at one size, bound to a device.
@MainActor final class OpProgram {
  struct Gradient {
    let input: Int
    let output: Int
    let tensor: Tensor
  }

  struct Values {
    var outputs: [[Double]]
    /// In the order of `OpProgram.gradients`.
    var gradients: [[Double]]
  }

  let gradients: [Gradient]
  let outputs: [Tensor]
  private let inputs: [Tensor]
  private let program: Program
  private let backend: any Backend
  private var storages: [String: any DeviceBuffer] = [:]

  /// - Parameter withGradients: also the gradient of every output, weighted by its seed, for every differentiable input.
  init(_ instance: OpInstance, on backend: any Backend, withGradients: Bool = false) throws {
    let graph = Graph()
    self.backend = backend
    let descriptions = instance.inputs
    let inputs = descriptions.enumerated().map { index, input in
      graph.placed(input.shape, input.type, in: "input \(index)")
    }
    let outputs = instance.op.record(graph, inputs, instance.size)
    for (index, input) in descriptions.enumerated() {
      storages["input \(index)"] = try backend.allocate(
        byteCount: input.shape.count * backend.realType.byteCount(of: input.type))
    }
    var gradients: [Gradient] = []
    let targets = descriptions.indices.filter { descriptions[$0].isDifferentiable }
    if withGradients && !targets.isEmpty {
      for (index, output) in outputs.enumerated() {
        let seed = graph.placed(output.shape, in: "seed \(index)")
        let buffer = try backend.allocate(byteCount: seed.shape.count * backend.realType.byteCount)
        try backend.upload(
          reals: instance.seed(index, count: seed.shape.count), to: BufferView(buffer))
        storages["seed \(index)"] = buffer
        let tensors = graph.gradients(
          of: output, seed: seed, withRespectTo: targets.map { inputs[$0] })
        for (target, tensor) in zip(targets, tensors) {
          guard let tensor else { continue }
          gradients.append(Gradient(input: target, output: index, tensor: tensor))
        }
      }
    }
    self.inputs = inputs
    self.outputs = outputs
    self.gradients = gradients
    program = try Program(
      graph, outputs: outputs + gradients.map(\.tensor), backend: backend, storages: storages)
  }

  /// Uploads the inputs, runs and reads everything.
  func run(_ values: [[Double]]) throws -> Values {
    for index in inputs.indices { try upload(values[index], input: index) }
    try program.run()
    return Values(
      outputs: try outputs.map { try read($0) },
      gradients: try gradients.map { try read($0.tensor) })
  }

  /// Changes one input.
  func upload(_ values: [Double], input: Int) throws {
    guard let buffer = storages["input \(input)"] else { return }
    let view = BufferView(buffer)
    switch inputs[input].type {
    case .real: try backend.upload(reals: values, to: view)
    case .uint32: try backend.upload(values.map { UInt32($0) }, to: view)
    case .uint8: try backend.upload(values.map { UInt8($0) }, to: view)
    }
  }

  func runOutputs() throws -> [[Double]] {
    try program.run()
    return try outputs.map { try read($0) }
  }

  private func read(_ tensor: Tensor) throws -> [Double] { try program.readDoubles(tensor) }
}
