import Compute
import Graph

extension OpCase {
  static let noises = [
    noise("n columns", sizes: TestSizes.standard + [2, 3, 4, 5, 6, 7, 8, 9]) { [5, $0] },
    noise("n rows", sizes: TestSizes.standard) { [$0, 6] },
    corruptions,
  ].flatMap { $0 }

  private static let corruptions = [false, true].map { masks in
    OpCase(
      name: masks ? "masking noise" : "Gaussian noise", formulaTolerance: 1e-13,
      inputs: { [.constant([5, $0], 0, 1), .order(14), .state] },
      record: { graph, inputs, _ in
        [
          graph.corrupt(
            inputs[0], order: inputs[1], state: inputs[2], masks: masks, level: 0.3)
        ]
      },
      formula: { inputs, size in
        let noise = StepState.noise(.corruption)
        let samples = batch(inputs[1], rows: 5).map { Int($0) }
        return [
          inputs[0].enumerated().map { index, x in
            let (sample, j) = (samples[index / size], index % size)
            guard masks else { return x + 0.3 * noise.normal(j, sample: sample) }
            return noise.uniform(j, sample: sample) < 0.3 ? 0 : x
          }
        ]
      })
  }

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
