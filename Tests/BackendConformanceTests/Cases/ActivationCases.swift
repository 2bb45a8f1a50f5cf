import Compute
import Foundation
import Graph

extension OpCase {
  /// Bias + each activation. The sum of x and the bias stays away from the kinks at 0, on both sides of it.
  static let activations: [OpCase] = Activation.allCases.flatMap { activation in
    [
      biasActivation("n columns", activation) { [5, $0] },
      biasActivation("n rows", activation) { [$0, 3] },
    ]
  }

  private static func biasActivation(
    _ layout: String, _ activation: Activation, shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "bias + \(activation.rawValue), \(layout)",
      inputs: { size in
        [
          Input(
            shape: shape(size), values: .awayFromZero(0.5, 6), isDifferentiable: true),
          .real([shape(size).columns], -0.4, 0.4),
        ]
      },
      record: { graph, inputs, _ in [graph.biasActivation(inputs[0], inputs[1], activation)] },
      formula: { inputs, _ in
        [Reference.biased(inputs[0], inputs[1]) { value(of: activation, $0) }]
      })
  }

  private static func value(of activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .relu: max(x, 0)
    case .leakyReLU: x > 0 ? x : x / 100
    case .tanh: (exp(x) - exp(-x)) / (exp(x) + exp(-x))
    case .sigmoid: Reference.sigmoid(x)
    case .softplus: Reference.softplus(x)
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    }
  }
}
