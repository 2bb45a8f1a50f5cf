import Foundation
import LinearAlgebra

/// What an iteration of a fit has come to.
package struct PPCAIteration: Sendable {
  package let number: Int
  package let logLikelihood: Double
}

extension PPCAFitting {
  /// EM on the covariance (Tipping & Bishop 1999, eq. 29 and 30): W' = S W (sigma^2 I + M^-1 W' S W)^-1,
  /// sigma'^2 = tr(S - S W M^-1 W'^T) / D, until no more than `tolerance` nats per image are left by the geometric rate of the
  /// last steps, or after `limit` iterations.
  package static func expectationMaximisation(
    _ data: PixelStatistics, latents: Int, seed: UInt64, tolerance: Double = 1e-7,
    limit: Int = 100_000, onIteration: (PPCAIteration) throws -> Bool
  ) throws -> PrincipalComponents {
    var model = start(data, latents: latents, seed: seed)
    var convergence = Convergence(tolerance: tolerance)
    for number in 1...max(limit, 1) {
      let inverse = try Cholesky(model.precision).inverse
      let sw = data.covariance * model.w
      let projected = inverse * Matrix.multiply(model.w, sw, transposeA: true)
      let inner =
        projected + Matrix(diagonal: [Double](repeating: model.variance, count: latents))
      // The two factors commute in exact arithmetic only; solve with the symmetric one.
      let symmetric = inner * inverse
      let w = try Cholesky(0.5 * (symmetric + symmetric.transposed)).dividing(sw * inverse)
      let unexplained = data.covariance.trace - (sw * inverse).inner(w)
      model.w = w
      model.variance = max(unexplained / Double(model.pixels), smallestVariance)
      let logLikelihood = try model.logLikelihood(data)
      guard
        try onIteration(PPCAIteration(number: number, logLikelihood: logLikelihood)),
        !convergence.isReached(logLikelihood)
      else { break }
    }
    return try model.rotated()
  }
}

/// Tells when a sequence that converges geometrically has no more than a tolerance left to go.
struct Convergence {
  let tolerance: Double
  private var values: [Double] = []

  init(tolerance: Double) { self.tolerance = tolerance }

  /// Adds a value. With d the gain of the last five and r its ratio to that of the five before,
  /// d r / (1 - r) is left if the rate r stays. It does not where a slow direction shows only when
  /// the fast ones have ended, so d must also be a tenth of the tolerance.
  mutating func isReached(_ value: Double) -> Bool {
    values.append(value)
    guard values.count > 20 else { return false }
    let recent = values.suffix(11)
    let last = value - recent[recent.endIndex - 6]
    let before = recent[recent.endIndex - 6] - recent[recent.startIndex]
    values = Array(values.suffix(30))
    guard last > 0, before > 0 else { return abs(last) < tolerance && abs(before) < tolerance }
    let ratio = min(last / before, 0.9999)
    return last < tolerance / 10 && last * ratio / (1 - ratio) < tolerance
  }
}
