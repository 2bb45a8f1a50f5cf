import Graph

/// A figure of a whole data set, in nats per image, with what it is.
public struct Evaluation: Sendable {
  public var images: Int
  /// Noise draws per image.
  public var samples: Int
  /// log_likelihood - kl, averaged over images and draws.
  public var elbo: Double
  public var logLikelihood: Double
  public var kl: Double
  /// KL(q(z_j|x) || p(z_j)) averaged over images, one value per latent.
  public var klPerLatent: [Double]
  /// Var_x(E[z_j|x]) over images, one value per latent (Burda et al. 2016, section 5.2).
  public var meanVariances: [Double]
  /// Standard error of `elbo`. With two or more draws it is the Monte-Carlo error of the draws, the images taken as given:
  /// sqrt(sum_i var_s(e_is) / S) / N. With one draw it is the standard error over images, an upper bound of it; NaN for
  /// one image.
  public var standardError: Double
  /// The IWAE-K bound ln 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) of the same draws, K = `samples`, averaged over images
  /// (Burda et al. 2016, eq. 8). With one draw an estimate of the ELBO by a Monte-Carlo KL.
  public var iwae: Double
  /// Of `iwae`, by the jackknife over draws, (K - 1)/K sum_k (L_-k - mean)^2 of each image with the bound L_-k without draw k, which is
  /// not too small on average where few draws carry the weight (Efron & Stein 1981). With one draw the standard error over images.
  public var iwaeStandardError: Double
  /// -iwae / (dimensions ln 2), for likelihoods of levels or binary pixels; nil for densities of real numbers and for losses.
  public var bitsPerDimension: Double?
  public var binarization: String
  /// "elbo"; "loss" where grey pixels meet a Bernoulli likelihood: a cross-entropy is no likelihood; "reconstruction" where z is
  /// the posterior mean: ln p(x|z) bounds nothing.
  public var bound: String
  public var seconds: Double
  /// What `VAE.evaluate` adds.
  public var details: EvaluationDetails?

  public var imagesPerSecond: Double { Double(images * samples) / max(seconds, 1e-9) }
  /// Latents with a KL above 0.01 nats.
  public var activeLatents: Int { klPerLatent.count { $0 > 0.01 } }
  /// Latents whose posterior mean varies over images by more than 0.01 (Burda et al. 2016, section 5.2).
  public var activeUnits: Int { meanVariances.count { $0 > 0.01 } }
}

/// How figures are named for data and likelihood.
enum FigureKind {
  static let loss = "loss"
  static let elbo = "elbo"
  static let reconstruction = "reconstruction"

  /// "dynamic" or "static"; "soft" for grey targets of a binary likelihood; "none" for real-valued data.
  static func binarization(_ binarization: Binarization, isBinary: Bool) -> String {
    binarization == .none && isBinary ? "soft" : binarization.rawValue
  }

  static func bound(_ binarization: Binarization, isBinary: Bool, takesMeans: Bool) -> String {
    if binarization == .none && isBinary { return loss }
    return takesMeans ? reconstruction : elbo
  }
}
