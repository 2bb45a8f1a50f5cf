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

/// Fits of PPCA to complete images.
package enum PPCAFitting {
  /// The maximum of the likelihood: W = U (L - sigma^2 I)^1/2 of the M largest eigenvalues of S, sigma^2 the mean of the others
  /// (Tipping & Bishop 1999, eq. 7 and 8).
  package static func closedForm(
    _ data: PixelStatistics, latents: Int
  ) throws -> PrincipalComponents {
    let (values, vectors) = try data.covariance.symmetricEigen()
    let rest = values.dropFirst(latents)
    // Fewer dimensions than pixels are left in data of few images; a likelihood needs some variance.
    let variance = max(rest.reduce(0, +) / Double(rest.count), smallestVariance)
    var w = Matrix(zeros: data.mean.count, latents)
    for j in 0..<latents {
      let scale = max(0, values[j] - variance).squareRoot()
      for i in 0..<w.rows { w[i, j] = scale * vectors[i, j] }
    }
    return try PrincipalComponents(w: w, mean: data.mean, variance: variance).rotated()
  }

  /// ln p(x) per image at the maximum, by the eigenvalues l_i of S, largest first: -1/2 (D ln 2 pi + sum_{i <= M} ln l_i +
  /// (D - M) ln sigma^2 + D) (Tipping & Bishop 1999, eq. 3 and 8).
  package static func maximumLogLikelihood(_ eigenvalues: [Double], latents: Int) -> Double {
    let d = Double(eigenvalues.count)
    let rest = eigenvalues.dropFirst(latents)
    let variance = rest.reduce(0, +) / Double(rest.count)
    let kept = eigenvalues.prefix(latents).reduce(0) { $0 + log($1) }
    return -0.5 * (d * log(2 * .pi) + kept + Double(rest.count) * log(variance) + d)
  }

  /// Dimensions that images span, by the eigenvalues of S. With as many latents sigma^2 is 0, and the likelihood has no maximum.
  package static func dimensions(_ eigenvalues: [Double]) -> Int {
    eigenvalues.count { $0 > max(1e-10 * eigenvalues[0], smallestVariance) }
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
