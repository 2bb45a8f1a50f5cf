import Datasets
import Foundation
import LinearAlgebra

/// Probabilistic PCA: x = W z + mean + sigma eps with z and eps standard normal (Tipping & Bishop 1999), in float64.
package struct PrincipalComponents: Sendable {
  /// [D, M]
  package var w: Matrix
  package var mean: [Double]
  /// sigma^2
  package var variance: Double

  package init(w: Matrix, mean: [Double], variance: Double) {
    self.w = w
    self.mean = mean
    self.variance = variance
  }

  package var latents: Int { w.columns }
  package var pixels: Int { w.rows }

  /// M = W'W + sigma^2 I; the posterior of z is N(M^-1 W'(x - mean), sigma^2 M^-1).
  package var precision: Matrix {
    Matrix.multiply(w, w, transposeA: true)
      + Matrix(diagonal: [Double](repeating: variance, count: latents))
  }

  /// ln p(x) per image of data with this mean and covariance S: -1/2 (D ln 2 pi + ln |C| + tr(C^-1 S')), C = W W' + sigma^2 I,
  /// S' about the model's mean; with ln |C| = ln |M| + (D - M) ln sigma^2 and C^-1 = (I - W M^-1 W') / sigma^2.
  package func logLikelihood(_ data: PixelStatistics) throws -> Double {
    let cholesky = try Cholesky(precision)
    let shift = zip(data.mean, mean).map { $0 - $1 }
    let shifted = Matrix(rows: 1, columns: pixels, values: shift)
    let sw = data.covariance * w
    let projected = shifted * w
    let inner =
      Matrix.multiply(w, sw, transposeA: true)
      + Matrix.multiply(projected, projected, transposeA: true)
    return logLikelihood(
      cholesky, squares: data.covariance.trace + shifted.inner(shifted), projected: inner)
  }

  /// By the mean of |x - mean|^2 and of W'(x - mean) (x - mean)' W.
  private func logLikelihood(_ cholesky: Cholesky, squares: Double, projected: Matrix) -> Double {
    let explained = cholesky.inverse.inner(projected)
    let logDeterminant = cholesky.logDeterminant + Double(pixels - latents) * log(variance)
    return -0.5
      * (Double(pixels) * log(2 * .pi) + logDeterminant + (squares - explained) / variance)
  }

  /// The same of images x / 255 without their covariance, whose size is the square of theirs: the mean of
  /// -1/2 (D ln 2 pi + ln |C| + (|x - mean|^2 - (x - mean)' W M^-1 W'(x - mean)) / sigma^2).
  package func logLikelihood(_ images: ImageSet) throws -> Double {
    let cholesky = try Cholesky(precision)
    let rows = max(1, min(1024, (1 << 22) / pixels))
    var (squares, gram) = (0.0, Matrix(zeros: latents, latents))
    for start in stride(from: 0, to: images.count, by: rows) {
      let range = start..<min(start + rows, images.count)
      let bytes = images.pixels[(range.lowerBound * pixels)..<(range.upperBound * pixels)]
      var centred = Matrix(
        rows: range.count, columns: pixels, values: bytes.map { Double($0) / 255 })
      for index in centred.values.indices { centred.values[index] -= mean[index % pixels] }
      let projected = centred * w
      squares += centred.inner(centred)
      gram.addProduct(projected, projected)
    }
    let share = 1 / Double(images.count)
    return logLikelihood(cholesky, squares: share * squares, projected: share * gram)
  }

  /// KL(q(z|x) || p(z)) per image: 1/2 (tr Sigma + tr E[mu mu'] - M - ln |Sigma|), Sigma = sigma^2 M^-1.
  package func divergence(_ data: PixelStatistics) throws -> Double {
    let cholesky = try Cholesky(precision)
    let inverse = cholesky.inverse
    let sw = Matrix.multiply(w, data.covariance * w, transposeA: true)
    let means = inverse * sw * inverse
    let logDeterminant = Double(latents) * log(variance) - cholesky.logDeterminant
    return 0.5 * (variance * inverse.trace + means.trace - Double(latents) - logDeterminant)
  }

  /// The same model with orthogonal columns of W, the longest first: the latents are principal axes, and the posterior's
  /// covariance is diagonal. Any rotation of the latents is the same density of x.
  package func rotated() throws -> PrincipalComponents {
    let (_, rotation) = try Matrix.multiply(w, w, transposeA: true).symmetricEigen()
    var w = w * rotation
    // The largest element of a column is positive, so that two fits give the same signs.
    for j in 0..<w.columns {
      let largest = (0..<w.rows).max { abs(w[$0, j]) < abs(w[$1, j]) } ?? 0
      if w[largest, j] < 0 { for i in 0..<w.rows { w[i, j] = -w[i, j] } }
    }
    return PrincipalComponents(w: w, mean: mean, variance: variance)
  }

  /// The largest angle between the spans of the columns of two W, in degrees (Bjorck & Golub 1973).
  package func angle(to other: PrincipalComponents) throws -> Double {
    func basis(_ w: Matrix) throws -> Matrix {
      let (values, vectors) = try Matrix.multiply(w, w, transposeA: true).symmetricEigen()
      let kept = values.filter { $0 > 1e-12 * values[0] }.count
      var scaled = Matrix(zeros: w.columns, kept)
      for i in 0..<w.columns {
        for j in 0..<kept { scaled[i, j] = vectors[i, j] / values[j].squareRoot() }
      }
      return w * scaled
    }
    let cosines = Matrix.multiply(try basis(w), try basis(other.w), transposeA: true)
    let squares = try Matrix.multiply(cosines, cosines, transposeA: true).symmetricEigen().values
    return acos(min(1, max(0, squares.last ?? 0).squareRoot())) * 180 / .pi
  }
}
