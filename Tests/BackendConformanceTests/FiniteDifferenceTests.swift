import Compute
import Graph
import TestSupport
import Testing

@Suite("Finite differences") @MainActor struct FiniteDifferenceTests {
  private nonisolated static let instances = OpInstance.differentiable.filter {
    [1, 5, 33, 65].contains($0.size) && !$0.op.name.contains("out of range")
  }
  private static let step = 1e-5

  @Test(arguments: instances)
  func `a gradient equals central differences in float64`(_ instance: OpInstance) throws {
    let values = instance.values()
    let withGradients = try OpProgram(instance, on: TestDevice.reference, withGradients: true)
    let exact = try withGradients.run(values).gradients
    let forward = try OpProgram(instance, on: TestDevice.reference)
    _ = try forward.run(values)
    var generator = SeededGenerator("directions of \(instance.testDescription)")
    for (input, description) in instance.inputs.enumerated() where description.isDifferentiable {
      let count = description.shape.count
      for direction in directions(count, &generator) {
        let ahead = try outputs(forward, values[input], input, direction, Self.step)
        let behind = try outputs(forward, values[input], input, direction, -Self.step)
        for (position, gradient) in withGradients.gradients.enumerated()
        where gradient.input == input {
          let output = gradient.output
          let seed = instance.seed(output, count: ahead[output].count)
          var difference = 0.0
          for i in seed.indices {
            difference += seed[i] * (ahead[output][i] - behind[output][i]) / (2 * Self.step)
          }
          let slope = direction.reduce(0) { $0 + $1.weight * exact[position][$1.index] }
          let scale = max(1e-3, exact[position].lazy.map { abs($0) }.max() ?? 0)
          #expect(
            abs(difference - slope) <= 1e-6 * scale,
            "output \(output), input \(input), direction \(direction.prefix(1))")
        }
        try forward.upload(values[input], input: input)
      }
    }
  }

  private struct Component {
    let index: Int
    let weight: Double
  }

  /// Every axis of a small tensor; else random axes and random vectors of length 1.
  private func directions(_ count: Int, _ generator: inout SeededGenerator) -> [[Component]] {
    let axes =
      count <= 24 ? Array(0..<count) : (0..<16).map { _ in Int(generator.next() % UInt64(count)) }
    let vectors = (0..<2).map { _ in
      (0..<count).map {
        Component(index: $0, weight: generator.real(-1, 1) / Double(count).squareRoot())
      }
    }
    return axes.map { [Component(index: $0, weight: 1)] } + vectors
  }

  private func outputs(
    _ program: OpProgram, _ values: [Double], _ input: Int, _ direction: [Component], _ step: Double
  ) throws -> [[Double]] {
    var moved = values
    for component in direction { moved[component.index] += step * component.weight }
    try program.upload(moved, input: input)
    return try program.runOutputs()
  }
}
