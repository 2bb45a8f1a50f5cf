import Graph

/// p(x|z) = prod_j Bernoulli(x_j; sigmoid(a_j(z))) for binary pixels (Kingma & Welling 2014, appendix C.1).
struct BernoulliLikelihood: Likelihood {
  let distribution = PixelDistribution("bernoulli", "Bernoulli")
  let pixelKind = PixelKind.binary

  init(_ configuration: ModelConfiguration) {}
}
