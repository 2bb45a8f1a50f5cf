import Compute
import Foundation
import Graph

/// Figures of a data set beside its bounds.
public struct EvaluationDetails: Sendable {
  /// (x - E[x|z])^2 with z = E[z|x], averaged over pixels and images: the reconstruction error.
  public var meanSquaredError: Double
  /// I(x; z) = E[ln q(z|x) - ln q(z)] of q(z|x) over these images, in nats, by one draw of z for each. At most ln N, which it
  /// comes close to where no two images' posteriors meet.
  public var mutualInformation: Double
  /// KL(q(z) || p(z)) in nats of the aggregate posterior q(z) = 1/N sum_n q(z|x_n): KL - `mutualInformation` (Hoffman & Johnson 2016,
  /// section 2).
  public var marginalKL: Double
  /// Standard error of the two.
  public var marginalKLStandardError: Double

  /// What details are made of, gathered pass by pass.
  struct Sums {
    let latents: Int
    private var posteriors: [Double] = []
    private var squaredError = 0.0

    init(latents: Int) { self.latents = latents }

    mutating func add(_ posteriors: [Double], squaredError: [Double]) {
      self.posteriors += posteriors
      self.squaredError += squaredError.reduce(0, +)
    }

    /// nil if `stop` said so. The aggregate of points has no density: its figures are not numbers.
    func finish(
      _ vae: VAE, kl: Double, seed: UInt64, arePoints: Bool, stop: () -> Bool
    ) throws -> EvaluationDetails? {
      let images = posteriors.count / (2 * latents)
      var details = EvaluationDetails(
        meanSquaredError: squaredError / Double(images * vae.configuration.image.count),
        mutualInformation: .nan, marginalKL: .nan, marginalKLStandardError: .nan)
      guard !arePoints else { return details }
      let aggregate = try AggregatePosterior(vae, posteriors: posteriors)
      guard let terms = try aggregate.logRatios(seed: seed, stop: stop) else { return nil }
      let mean = terms.reduce(0, +) / Double(images)
      let squares = terms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      details.mutualInformation = mean
      details.marginalKL = kl - mean
      details.marginalKLStandardError =
        images > 1 ? (squares / Double(images - 1) / Double(images)).squareRoot() : .nan
      return details
    }
  }
}
