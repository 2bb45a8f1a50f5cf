import Foundation
import LinearAlgebra

/// Eigenvalues l_i of the covariance S of images, largest first, and its eigenvectors: all that the maximum of PPCA's likelihood
/// is made of (Tipping & Bishop 1999, section 3.2).
package struct PrincipalAxes: Sendable {
  package let mean: [Double]
  package let eigenvalues: [Double]
  /// [D, D], a column each.
  private let vectors: Matrix

  package init(_ data: PixelStatistics) throws {
    mean = data.mean
    (eigenvalues, vectors) = try data.covariance.symmetricEigen()
  }

  /// Dimensions that images span. With as many latents sigma^2 is 0, and the likelihood has no maximum.
  package var dimensions: Int {
    eigenvalues.count { $0 > max(1e-10 * eigenvalues[0], PPCAFitting.smallestVariance) }
  }

  /// sigma^2 at the maximum: the mean of the eigenvalues that M latents leave.
  package func variance(latents: Int) -> Double {
    let rest = eigenvalues.dropFirst(latents)
    return rest.reduce(0, +) / Double(rest.count)
  }

  /// The maximum of the likelihood: W = U (L - sigma^2 I)^1/2 of the M largest eigenvalues (eq. 7 and 8).
  package func components(latents: Int) throws -> PrincipalComponents {
    // Fewer dimensions than pixels are left in data of few images; a likelihood needs some variance.
    let variance = max(variance(latents: latents), PPCAFitting.smallestVariance)
    var w = Matrix(zeros: mean.count, latents)
    for j in 0..<latents {
      let scale = max(0, eigenvalues[j] - variance).squareRoot()
      for i in 0..<w.rows { w[i, j] = scale * vectors[i, j] }
    }
    return try PrincipalComponents(w: w, mean: mean, variance: variance).rotated()
  }

  /// ln p(x) per image at the maximum: -1/2 (D ln 2 pi + sum_{i <= M} ln l_i + (D - M) ln sigma^2 + D) (eq. 3 and 8).
  package func maximumLogLikelihood(latents: Int) -> Double {
    let d = Double(eigenvalues.count)
    let kept = eigenvalues.prefix(latents).reduce(0) { $0 + log($1) }
    let left = (d - Double(latents)) * log(variance(latents: latents))
    return -0.5 * (d * log(2 * .pi) + kept + left + d)
  }
}
