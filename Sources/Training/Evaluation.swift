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
  /// Standard error of `elbo`. With two or more draws it is the Monte-Carlo error of the draws, the images taken as given:
  /// sqrt(sum_i var_s(e_is) / S) / N. With one draw it is the standard error over images, an upper bound of it.
  public var standardError: Double
  public var binarization: String
  /// "elbo", or "loss" where grey pixels meet a Bernoulli likelihood: a cross-entropy is no likelihood.
  public var bound: String
  public var seconds: Double

  public var imagesPerSecond: Double { Double(images * samples) / max(seconds, 1e-9) }
  /// Latents with a KL above 0.01 nats.
  public var activeLatents: Int { klPerLatent.count { $0 > 0.01 } }
}

/// How figures are named for data and likelihood.
enum FigureKind {
  /// "dynamic" or "static"; "soft" for grey targets of a binary likelihood; "none" for real-valued data.
  static func binarization(_ binarization: Binarization, isBinary: Bool) -> String {
    binarization == .none && isBinary ? "soft" : binarization.rawValue
  }

  static func bound(_ binarization: Binarization, isBinary: Bool) -> String {
    binarization == .none && isBinary ? "loss" : "elbo"
  }
}
