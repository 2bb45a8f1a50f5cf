import Graph
import NeuralNetwork

/// p(x|z) = prod_j Bernoulli(x_j; sigmoid(a_j(z))) for binary pixels (Kingma & Welling 2014, appendix C.1).
struct BernoulliLikelihood: Likelihood {
  private let pixels: Int

  init(_ configuration: ModelConfiguration) { pixels = configuration.image.count }

  var isBinary: Bool { true }

  func declare(in layout: inout ParameterLayout, features: Int, pixels: Int) {
    head(features).declare(in: &layout)
  }

  func logLikelihood(features: Tensor, x: Tensor, _ scope: ParameterScope) -> Tensor {
    scope.graph.bernoulliLogLikelihood(logits: head(features.shape.columns)(features, scope), x: x)
  }

  func mean(features: Tensor, _ scope: ParameterScope) -> Tensor {
    head(features.shape.columns)(features, scope, activation: .sigmoid)
  }

  private func head(_ features: Int) -> Linear {
    Linear("likelihood", inputs: features, outputs: pixels)
  }
}
