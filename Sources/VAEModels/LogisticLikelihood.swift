import Graph

/// p(x|z) = prod_j of the mass that a logistic distribution has in the bin of an 8-bit pixel (Kingma et al. 2016, appendix A;
/// Salimans et al. 2017, section 2.1). The scale is fixed, learned as `likelihood.log_scale`, or predicted by the decoder.
struct LogisticLikelihood: Likelihood {
  let distribution: PixelDistribution
  let pixelKind = PixelKind.levels(256)
  let scale: LikelihoodScale?

  init(_ configuration: ModelConfiguration) {
    distribution = PixelDistribution(
      "logistic", "discretised logistic", scale: configuration.sigma.distributionScale)
    scale = configuration.sigma.likelihoodScale("log_scale", from: -2)
  }
}
