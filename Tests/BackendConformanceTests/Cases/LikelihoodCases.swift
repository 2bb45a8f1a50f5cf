import Compute
import Graph

extension OpCase {
  static let likelihoods = [
    bernoulli("n columns", logits: 6) { [5, $0] },
    bernoulli("n rows", logits: 6) { [$0, 4] },
    bernoulli("logits to 40", logits: 40) { [$0, 3] },
    bernoulli("grey values", logits: 4, grey: true) { [2, $0] },
    bernoulli("more than 65,536 rows", logits: 4, sizes: [70_000]) { [$0, 1] },
    gaussian("learned sigma, n columns") { [5, $0] },
    gaussian("learned sigma, n rows") { [$0, 4] },
    gaussian("constant sigma", constant: -1.25) { [3, $0] },
  ]

  static let objectives = [
    OpCase(
      name: "negative ELBO",
      inputs: { [.real([$0], -90, -60), .real([$0], 1, 20), .fixed([1e-3, 0.75, 1, 1])] },
      record: { graph, inputs, _ in
        [graph.negativeELBO(logLikelihood: inputs[0], kl: inputs[1], scalars: inputs[2])]
      },
      formula: { inputs, _ in [Reference.negativeELBO(inputs[0], inputs[1], beta: inputs[2][1])] })
  ]

  private static func bernoulli(
    _ name: String, logits: Double, grey: Bool = false, sizes: [Int] = TestSizes.standard,
    shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "Bernoulli log-likelihood, \(name)", sizes: sizes,
      inputs: { size in
        [
          .real(shape(size), -logits, logits),
          Input(shape: shape(size), values: grey ? .uniform(0, 1) : .bits),
        ]
      },
      record: { graph, inputs, _ in
        [graph.bernoulliLogLikelihood(logits: inputs[0], x: inputs[1])]
      },
      formula: { inputs, size in
        [Reference.bernoulli(logits: inputs[0], x: inputs[1], columns: shape(size).columns)]
      })
  }

  private static func gaussian(
    _ name: String, constant: Double? = nil, shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "Gaussian log-likelihood, \(name)",
      inputs: { size in
        [.real(shape(size), -1, 1), .constant(shape(size), -1, 1)]
          + (constant == nil ? [.real([1], -1.5, -0.5)] : [])
      },
      record: { graph, inputs, _ in
        let logSigma = constant.map { graph.constant([$0], shape: [1]) } ?? inputs[2]
        return [graph.gaussianLogLikelihood(mean: inputs[0], x: inputs[1], logSigma: logSigma)]
      },
      formula: { inputs, size in
        [
          Reference.gaussian(
            mean: inputs[0], x: inputs[1], logSigma: constant ?? inputs[2][0],
            columns: shape(size).columns)
        ]
      })
  }
}
