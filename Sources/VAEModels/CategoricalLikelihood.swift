import Graph

/// p(x|z) = prod_j softmax(a_j(z))_level(x_j) over K levels of 8-bit pixels, level(v) = floor(v K / 256)
/// (van den Oord et al. 2016, section 2.2).
struct CategoricalLikelihood: Likelihood {
  let distribution: PixelDistribution
  let pixelKind: PixelKind
  let settings: Set<LikelihoodSetting> = [.levels]

  init(_ configuration: ModelConfiguration) {
    distribution = PixelDistribution(
      "categorical", "categorical", heads: configuration.levels)
    pixelKind = .levels(configuration.levels)
  }
}
