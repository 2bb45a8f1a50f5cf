import Compute
import Graph
import TestSupport
import Testing

extension Workbench {
  /// An input of random values.
  func values(_ name: String, _ shape: Shape, _ low: Double = -1, _ high: Double = 1) throws
    -> Tensor
  {
    var generator = SeededGenerator("\(name) \(shape.count)")
    return try input(name, (0..<shape.count).map { _ in generator.real(low, high) }, shape)
  }

  /// x W' with its parts.
  struct Layer {
    let weight, bias, product: Tensor
  }

  func layer(_ name: String, of x: Tensor, outputs: Int) throws -> Layer {
    let weight = try values("\(name) weight", [outputs, x.shape.columns])
    let bias = try values("\(name) bias", [outputs])
    return Layer(
      weight: weight, bias: bias, product: graph.multiply(x, weight, transposeB: true))
  }

  func layer(_ name: String, _ input: Shape, outputs: Int) throws -> Layer {
    try layer(name, of: values("\(name) input", input), outputs: outputs)
  }

  /// The gradient of the sum of an output's values.
  func gradient(of output: Tensor, _ target: Tensor) throws -> Tensor {
    try #require(
      graph.gradients(of: output, seed: ones(output.shape), withRespectTo: [target])[0])
  }

  func objective(rows: Int, scalars: Tensor) throws -> Tensor {
    graph.negativeELBO(
      logLikelihood: try values("log-likelihood", [rows]), kl: try values("kl", [rows], 0, 2),
      scalars: scalars)
  }

  func finishBackward(_ objective: Tensor, _ step: StepTensors) throws {
    graph.finishBackward(
      gradients: try values("gradients", [9]), objective: objective, step: step,
      guardFlags: try input("flags", [1, 0], [2]),
      history: try input("history", [Double](repeating: 0, count: 12), [3, 4]), maximumNorm: 0.5)
  }

  /// The names of the launches of one run.
  func operations(_ outputs: [Tensor]) throws -> [String] {
    try program(outputs).launches.map(\.operation)
  }

  /// The bits of all outputs and storages after `runs` runs from the storages' first contents.
  func results(_ outputs: [Tensor], fuses: Bool, runs: Int = 1) throws -> [[UInt64]] {
    let reals = storages.keys.sorted().filter { (storages[$0]?.byteCount ?? 0) % 8 == 0 }
    let before = try reals.map { try contents(of: $0) }
    let program = try program(outputs, fuses: fuses)
    for _ in 0..<runs { try program.run() }
    let values = try outputs.map { try program.readDoubles($0) }
    let after = try reals.map { try contents(of: $0) }
    for (name, values) in zip(reals, before) {
      if let buffer = storages[name] { try backend.upload(reals: values, to: BufferView(buffer)) }
    }
    return (values + after).map { $0.map(\.bitPattern) }
  }

  /// Fused and unfused programs must leave the same bits in their outputs and in every storage.
  func expectSameBits(
    _ outputs: [Tensor], runs: Int = 1, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let fused = try results(outputs, fuses: true, runs: runs)
    let unfused = try results(outputs, fuses: false, runs: runs)
    let areEqual = fused == unfused
    #expect(areEqual, "seed \(testSeed)", sourceLocation: location)
  }

  private func contents(of storage: String) throws -> [Double] {
    try contents(of: storage, count: (storages[storage]?.byteCount ?? 0) / 8)
  }
}
