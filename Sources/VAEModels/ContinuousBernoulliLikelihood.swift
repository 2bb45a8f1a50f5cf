import Graph

/// p(x|z) = prod_j C(a_j) e^(a_j x_j) on [0, 1], with the normaliser C that a Bernoulli on grey pixels lacks
/// (Loaiza-Ganem & Cunningham 2019, eq. 7).
struct ContinuousBernoulliLikelihood: Likelihood {
  let distribution = PixelDistribution("continuous_bernoulli", "continuous Bernoulli")
  let pixelKind = PixelKind.continuous

  init(_ configuration: ModelConfiguration) {}
}
