import Compute
import Foundation
import Graph

/// Figures of a data set beside its bounds.
public struct EvaluationDetails: Sendable {
  /// (x - E[x|z])^2 with z = E[z|x], averaged over pixels and images: the reconstruction error.
  public var meanSquaredError: Double
  /// I(x; z) = E[ln q(z|x) - ln q(z)] of q(z|x) over these images, in nats: ln N - E_q(z)[H(n|z)] by
  /// draws of z, in 0 ... min(KL, ln N). NaN where it was not asked for, and for auto-encoders.
  public var mutualInformation = Double.nan
  /// KL(q(z) || p(z)) in nats of the aggregate posterior q(z) = 1/N sum_n q(z|x_n):
  /// KL - `mutualInformation` (Hoffman & Johnson 2016, section 2).
  public var marginalKL = Double.nan
  /// Standard error of the two.
  public var marginalKLStandardError = Double.nan
  /// Images whose draws gave the two, and draws of each. q(z) is of all images whatever their number.
  public var mutualInformationImages = 0
  public var mutualInformationDraws = 0

  /// Gathers what details are made of, pass by pass.
  struct Sums {
    let latents: Int
    private var posteriors: [Float] = []
    private var squaredError = 0.0

    init(latents: Int) { self.latents = latents }

    mutating func add(_ posteriors: [Double], squaredError: [Double]) {
      self.posteriors += posteriors.map { Float($0) }
      self.squaredError += squaredError.reduce(0, +)
    }

    /// - Parameter draws: nil: no mutual information.
    ///
    /// Returns nil if `stop` said so.
    func finish(
      _ vae: VAE, kl: Double, seed: UInt64, draws: InformationDraws?, progress: (Double) -> Void,
      stop: () -> Bool
    ) throws -> EvaluationDetails? {
      let images = posteriors.count / (2 * latents)
      var details = EvaluationDetails(
        meanSquaredError: squaredError / Double(images * vae.configuration.image.count))
      guard let draws else { return details }
      let aggregate = try AggregatePosterior(vae, posteriors: posteriors)
      guard let terms = try aggregate.terms(draws, seed: seed, progress: progress, stop: stop)
      else { return nil }
      let estimate = InformationEstimate(terms, draws, count: images, kl: kl)
      details.mutualInformation = estimate.value
      details.marginalKL = kl - estimate.value
      details.marginalKLStandardError = estimate.standardError
      details.mutualInformationImages = draws.images.count
      details.mutualInformationDraws = draws.perImage
      return details
    }
  }
}
