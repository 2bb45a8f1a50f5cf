import Graph

/// p(x|z) = prod_j e^(-|x_j - mu_j(z)| / b) / 2b with b fixed, learned as `likelihood.log_scale`, or predicted by the decoder.
struct LaplaceLikelihood: Likelihood {
  let distribution: PixelDistribution
  let pixelKind = PixelKind.continuous
  let scale: LikelihoodScale?

  init(_ configuration: ModelConfiguration) {
    distribution = PixelDistribution(
      "laplace", "Laplace", scale: configuration.sigma.distributionScale)
    scale = configuration.sigma.likelihoodScale("log_scale", from: 0)
  }

  func outputBias(mean: Double) -> Double? { mean }
}
