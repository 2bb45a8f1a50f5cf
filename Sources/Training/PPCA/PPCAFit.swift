import Foundation
import LinearAlgebra

/// How the parameters of PPCA are found.
public enum PPCAFit: String, Sendable, CaseIterable {
  /// By eigenvalues of the covariance.
  case closedForm = "closed-form"
  /// By expectation maximisation, which also takes missing pixels.
  case em
  /// By ascending the likelihood.
  case gradient
}

/// Fits of PPCA.
package enum PPCAFitting {
  /// By the eigenvalues of the covariance.
  package static func closedForm(
    _ data: PixelStatistics, latents: Int
  ) throws -> PrincipalComponents {
    try PrincipalAxes(data).components(latents: latents)
  }

  /// Of sigma^2: a millionth of a grey level squared.
  static let smallestVariance = 1e-6 / (255 * 255)

  /// W from Philox normals times 0.1, sigma^2 the mean variance of the pixels.
  static func start(
    _ data: PixelStatistics, latents: Int, seed: UInt64
  ) -> PrincipalComponents {
    let normals = Normals.values(
      .init(seed: seed, purpose: .initialisation), sample: 0, count: data.mean.count * latents)
    return PrincipalComponents(
      w: Matrix(rows: data.mean.count, columns: latents, values: normals.map { 0.1 * Double($0) }),
      mean: data.mean,
      variance: max(data.covariance.trace / Double(data.mean.count), smallestVariance))
  }
}
