import Foundation
import LinearAlgebra

/// The posterior of an image by its seen pixels.
struct ImagePosterior: Sendable {
  let mean: [Double]
  /// E[(z, 1)(z, 1)'], the lower triangle row by row.
  let squares: [Double]
  /// ln p of the seen pixels.
  let logLikelihood: Double

  /// - Parameters:
  ///   - precision: W_o' W_o, the lower triangle.
  ///   - projection: W_o'(x_o - mean_o).
  ///   - squares: |x_o - mean_o|^2 of so many pixels.
  init(
    precision: ArraySlice<Double>, projection: ArraySlice<Double>, squares: Double,
    pixels: Double, variance: Double
  ) throws {
    let m = projection.count
    let diagonal = Matrix(diagonal: [Double](repeating: variance, count: m))
    let cholesky = try Cholesky(Triangle.matrix(precision, m) + diagonal)
    let inverse = cholesky.inverse
    let mean = (Matrix(rows: 1, columns: m, values: Array(projection)) * inverse).values
    var second = Triangle.outer((mean + [1])[...])
    for j in 0..<m { for k in 0...j { second[Triangle.count(j) + k] += variance * inverse[j, k] } }
    let explained = zip(mean, projection).reduce(0) { $0 + $1.0 * $1.1 }
    let logDeterminant = cholesky.logDeterminant + (pixels - Double(m)) * log(variance)
    logLikelihood =
      -0.5 * (pixels * log(2 * .pi) + logDeterminant + (squares - explained) / variance)
    self.mean = mean
    self.squares = second
  }
}
