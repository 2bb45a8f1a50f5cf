import Graph

/// p(x|z) = N(x; mu(z), sigma^2) with sigma fixed, learned as `likelihood.log_sigma` for all pixels or for each
/// (Kingma & Welling 2014, appendix C.2), predicted by the decoder, or optimal for the batch (Rybkin et al. 2021).
struct GaussianLikelihood: Likelihood {
  let distribution: PixelDistribution
  let pixelKind = PixelKind.continuous
  let scale: LikelihoodScale?

  init(_ configuration: ModelConfiguration) {
    distribution = PixelDistribution(
      "gaussian", "Gaussian", scale: configuration.sigma.distributionScale)
    scale = configuration.sigma.likelihoodScale("log_sigma", from: 0)
  }

  func outputBias(mean: Double) -> Double? { mean }
}
