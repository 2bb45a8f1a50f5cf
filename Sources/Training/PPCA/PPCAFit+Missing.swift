import Foundation
import LinearAlgebra

extension PPCAFitting {
  /// EM with missing pixels (Tipping & Bishop 1999, appendix B; with a mean for each pixel: Ilin & Raiko 2010, section 4.2): an
  /// image's posterior is that of its seen pixels, a pixel's row of W and its mean are the regression over the images that show
  /// it. The likelihood is that of the seen pixels, per image. Begins with the closed form of the covariances of pairs of pixels
  /// over the images that show both.
  package static func expectationMaximisation(
    _ data: MissingPixels, latents: Int, tolerance: Double = 1e-6, limit: Int = 1000,
    threads: Int = 1, onIteration: (PPCAIteration) throws -> Bool
  ) throws -> PrincipalComponents {
    let statistics = PixelStatistics(data)
    var model = try closedForm(statistics, latents: latents)
    // Covariances of few pairs are no covariance of anything; the first step then needs room.
    model.variance = max(model.variance, 0.01 * statistics.covariance.trace / Double(data.pixels))
    var convergence = Convergence(tolerance: tolerance)
    for number in 1...max(limit, 1) {
      let moments = try SeenMoments(model, data, threads: threads)
      let logLikelihood = moments.logLikelihood / Double(data.images)
      guard
        try onIteration(PPCAIteration(number: number, logLikelihood: logLikelihood)),
        !convergence.isReached(logLikelihood)
      else { break }
      model = try moments.maximise(threads: threads)
    }
    return try model.rotated()
  }
}
