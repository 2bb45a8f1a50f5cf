import Foundation
import Graph

/// p(x|z) = prod_j Bernoulli(x_j; sigmoid(a_j(z))) for binary pixels (Kingma & Welling 2014, appendix C.1).
struct BernoulliLikelihood: Likelihood {
  let distribution = PixelDistribution("bernoulli", "Bernoulli")
  let pixelKind = PixelKind.binary

  init(_ configuration: ModelConfiguration) {}

  /// ln(m / (1 - m)), m within 0.001 … 0.999.
  func outputBias(mean: Double) -> Double? {
    let mean = min(max(mean, 0.001), 0.999)
    return log(mean / (1 - mean))
  }
}
