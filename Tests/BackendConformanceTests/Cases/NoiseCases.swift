import Compute
import Graph

extension OpCase {
  static let noises = [
    noise("n columns", sizes: TestSizes.standard + [2, 3, 4, 5, 6, 7, 8, 9]) { [5, $0] },
    noise("n rows", sizes: TestSizes.standard) { [$0, 6] },
  ].flatMap { $0 }

  private static func noise(
    _ name: String, sizes: [Int], shape: @escaping @Sendable (Int) -> Shape
  ) -> [OpCase] {
    [
      OpCase(
        name: "normal noise, \(name)", sizes: sizes, tolerance: 1e-6, formulaTolerance: 1e-14,
        inputs: { _ in [.state] },
        record: { graph, inputs, size in
          [graph.normalNoise(shape(size), state: inputs[0], purpose: .priorSample)]
        },
        formula: { _, size in
          [each(shape(size)) { StepState.noise(.priorSample).normal($1, sample: $0) }]
        }),
      OpCase(
        name: "uniform noise, \(name)", sizes: sizes, tolerance: 0, formulaTolerance: 0,
        inputs: { _ in [.state] },
        record: { graph, inputs, size in
          [graph.uniformNoise(shape(size), state: inputs[0], purpose: .evaluationNoise)]
        },
        formula: { _, size in
          [each(shape(size)) { StepState.noise(.evaluationNoise).uniform($1, sample: $0) }]
        }),
    ]
  }

  /// Values by (sample, element).
  private static func each(_ shape: Shape, _ value: (Int, Int) -> Double) -> [Double] {
    (0..<shape.count).map { value(StepState.batchStart + $0 / shape.columns, $0 % shape.columns) }
  }
}
