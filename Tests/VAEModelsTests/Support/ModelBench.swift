import CPUBackend
import Compute
import Graph
import NeuralNetwork
import VAEModels

/// A model's pieces on the float64 CPU backend, with given inputs.
struct ModelBench {
  let model: any Model
  let backend = CPUBackend(threads: 1, realType: .float64)
  let weights: [String: [Double]]

  /// First values of a seed.
  init(_ configuration: ModelConfiguration, seed: UInt64) {
    model = ModelRegistry.make(configuration)
    let layout = model.layout
    weights = Dictionary(
      uniqueKeysWithValues: zip(layout.parameters.map(\.name), layout.initialValues(seed: seed))
        .map { ($0, $1.map(Double.init)) })
  }

  var reference: DenseReference {
    DenseReference(configuration: model.configuration, weights: weights)
  }

  /// The outputs that `record` makes of x, z, the order of samples and the step's state.
  func run(
    x: [[Double]] = [], z: [[Double]] = [], order: [UInt32] = [0], state: [UInt32] = [0],
    _ record: (Inputs) -> [Tensor]
  ) throws -> [[Double]] {
    let graph = Graph()
    var arena = [Double](repeating: 0, count: model.layout.elementCount)
    for parameter in model.layout.parameters {
      let values = weights[parameter.name] ?? []
      arena.replaceSubrange(parameter.offset..<(parameter.offset + parameter.count), with: values)
    }
    let inputs = Inputs(
      graph: graph, scope: ParameterScope(model.layout, in: graph),
      x: graph.placed([x.count, x.first?.count ?? 0], in: "x"),
      z: graph.placed([z.count, z.first?.count ?? 0], in: "z"),
      order: graph.placed([order.count], .uint32, in: "order"),
      state: graph.placed([8], .uint32, in: "state"))
    let padding = [UInt32](repeating: 0, count: 8 - state.count)
    let outputs = record(inputs)
    let program = try Program(
      graph, outputs: outputs, backend: backend,
      storages: [
        ParameterScope.storage: try buffer(arena), "x": try buffer(x.flatMap { $0 }),
        "z": try buffer(z.flatMap { $0 }), "order": try buffer(order),
        "state": try buffer(state + padding),
      ])
    try program.run()
    return try outputs.map { try program.readDoubles($0) }
  }

  struct Inputs {
    let graph: Graph
    let scope: ParameterScope
    let x: Tensor
    let z: Tensor
    let order: Tensor
    let state: Tensor
  }

  private func buffer(_ values: [Double]) throws -> any DeviceBuffer {
    let buffer = try backend.allocate(byteCount: max(8, 8 * values.count))
    try backend.upload(reals: values, to: BufferView(buffer))
    return buffer
  }

  private func buffer(_ values: [UInt32]) throws -> any DeviceBuffer {
    let buffer = try backend.allocate(byteCount: 4 * values.count)
    try backend.upload(values, to: BufferView(buffer))
    return buffer
  }
}

/// The largest difference, relative to the largest expected value.
func relativeError(_ values: [Double], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(.leastNormalMagnitude) { max($0, abs($1)) }
  return zip(values, expected).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isFinite ? max(worst, difference / scale) : .infinity
  }
}
