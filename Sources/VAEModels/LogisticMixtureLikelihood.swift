import Graph

/// p(x|z) = prod_j sum_k pi_jk of the mass that logistic k has in the bin of an 8-bit pixel (Salimans et al. 2017, section
/// 2.1), weights, locations and scales from the decoder; channels are independent.
struct LogisticMixtureLikelihood: Likelihood {
  let distribution: PixelDistribution
  let pixelKind = PixelKind.levels(256)
  let settings: Set<LikelihoodSetting> = [.components]

  init(_ configuration: ModelConfiguration) {
    distribution = PixelDistribution(
      "logistic_mixture", "mixture of discretised logistics", heads: 3 * configuration.components)
  }
}
