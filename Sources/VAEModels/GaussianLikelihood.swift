import Foundation
import Graph
import NeuralNetwork

/// p(x|z) = N(x; mu(z), sigma^2 I) with one sigma for all pixels, fixed or learned as `likelihood.log_sigma`
/// (Kingma & Welling 2014, appendix C.2; learned: Rybkin et al. 2021).
struct GaussianLikelihood: Likelihood {
  private let pixels: Int
  private let sigma: Sigma

  init(_ configuration: ModelConfiguration) {
    pixels = configuration.image.count
    sigma = configuration.sigma
  }

  var isBinary: Bool { false }

  func declare(in layout: inout ParameterLayout, features: Int, pixels: Int) {
    head(features).declare(in: &layout)
    if sigma == .learned { layout.add("likelihood.log_sigma", [1], .constant(0)) }
  }

  func logLikelihood(features: Tensor, x: Tensor, _ scope: ParameterScope) -> Tensor {
    let logSigma =
      switch sigma {
      case .learned: scope["likelihood.log_sigma"]
      case .fixed(let value): scope.graph.constant([log(value)], shape: [1])
      }
    return scope.graph.gaussianLogLikelihood(
      mean: mean(features: features, scope), x: x, logSigma: logSigma)
  }

  func mean(features: Tensor, _ scope: ParameterScope) -> Tensor {
    head(features.shape.columns)(features, scope)
  }

  private func head(_ features: Int) -> Linear {
    Linear("likelihood", inputs: features, outputs: pixels)
  }
}
