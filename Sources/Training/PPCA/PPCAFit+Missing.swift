import Foundation
import LinearAlgebra

extension PPCAFitting {
  /// EM with missing pixels (Tipping & Bishop 1999, appendix B; with a mean for each pixel: Ilin & Raiko 2010, section 4.2): an
  /// image's posterior is that of its seen pixels, a pixel's row of W and its mean are the regression over the images that show
  /// it. The likelihood is that of the seen pixels, per image. Begins with the closed form of the covariances of pairs of pixels
  /// over the images that show both.
  package static func expectationMaximisation(
    _ data: MissingPixels, latents: Int, tolerance: Double = 1e-3, limit: Int = 1000,
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

/// The E step: for each pixel the sums over the images that show it that its regression on (z, 1) needs.
private struct SeenMoments {
  /// Images at a time.
  private static let chunk = 1024

  private let latents: Int
  /// ln p of the seen pixels of all images.
  private(set) var logLikelihood = 0.0
  private var seen = 0.0
  /// [D, (M + 1)(M + 2) / 2]: sum E[(z, 1)(z, 1)'], the lower triangle row by row.
  private var squares: Matrix
  /// [D, M + 1]: sum x (E[z], 1).
  private var products: Matrix
  /// [D]: sum x^2.
  private var energies: [Double]

  init(_ model: PrincipalComponents, _ data: MissingPixels, threads: Int) throws {
    let (m, d) = (model.latents, data.pixels)
    latents = m
    squares = Matrix(zeros: d, Triangle.count(m + 1))
    products = Matrix(zeros: d, m + 1)
    energies = [Double](repeating: 0, count: d)
    let outer = Matrix(
      rows: d, columns: Triangle.count(m),
      values: (0..<d).flatMap { i in Triangle.outer(model.w.values[(i * m)..<((i + 1) * m)]) })
    for start in stride(from: 0, to: data.images, by: Self.chunk) {
      let part = data.part(start..<min(start + Self.chunk, data.images))
      let centred = part.values.shifted(by: model.mean, where: part.mask)
      // W_o' W_o and W_o'(x_o - mean_o) over the seen pixels o of each image.
      let precisions = part.mask * outer
      let projections = centred * model.w
      let rows = part.mask.rows
      let posteriors = try Parallel.map(rows, threads: threads) { row in
        try ImagePosterior(
          precision: precisions.row(row), projection: projections.row(row),
          squares: centred.row(row).reduce(0) { $0 + $1 * $1 },
          pixels: part.mask.row(row).reduce(0, +), variance: model.variance)
      }
      logLikelihood = posteriors.reduce(logLikelihood) { $0 + $1.logLikelihood }
      seen += part.mask.values.reduce(0, +)
      squares.addProduct(
        part.mask,
        Matrix(
          rows: rows, columns: Triangle.count(m + 1), values: posteriors.flatMap(\.squares)))
      products.addProduct(
        part.values,
        Matrix(rows: rows, columns: m + 1, values: posteriors.flatMap { $0.mean + [1] }))
      for (index, x) in part.values.values.enumerated() { energies[index % d] += x * x }
    }
  }

  /// The M step: for each pixel the regression, with the sum of squares that all leave for sigma^2.
  func maximise(threads: Int) throws -> PrincipalComponents {
    let m = latents
    let rows = try Parallel.map(energies.count, threads: threads) { pixel in
      // A pixel that no image shows has a row of zeros.
      let moments =
        Triangle.matrix(squares.row(pixel), m + 1)
        + Matrix(diagonal: [Double](repeating: 1e-12, count: m + 1))
      let product = Array(products.row(pixel))
      let row = try Cholesky(moments).dividing(
        Matrix(rows: 1, columns: m + 1, values: product)
      ).values
      // sum E (x - w z - b)^2 = sum x^2 - row . products at the minimum.
      let residual = energies[pixel] - zip(row, product).reduce(0) { $0 + $1.0 * $1.1 }
      return (row: row, residual: residual)
    }
    return PrincipalComponents(
      w: Matrix(
        rows: rows.count, columns: m, values: rows.flatMap { $0.row.dropLast() }),
      mean: rows.map { $0.row[m] },
      variance: max(
        rows.reduce(0) { $0 + $1.residual } / max(seen, 1), PPCAFitting.smallestVariance))
  }
}

/// The posterior of an image by its seen pixels.
private struct ImagePosterior: Sendable {
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

/// Symmetric matrices by their lower triangle, row by row.
private enum Triangle {
  static func count(_ size: Int) -> Int { size * (size + 1) / 2 }

  /// x x'
  static func outer(_ x: ArraySlice<Double>) -> [Double] {
    let x = Array(x)
    return x.indices.flatMap { j in (0...j).map { x[j] * x[$0] } }
  }

  static func matrix(_ values: ArraySlice<Double>, _ size: Int) -> Matrix {
    var matrix = Matrix(zeros: size, size)
    var index = values.startIndex
    for j in 0..<size {
      for k in 0...j {
        (matrix[j, k], matrix[k, j]) = (values[index], values[index])
        index += 1
      }
    }
    return matrix
  }
}

extension Matrix {
  fileprivate func row(_ index: Int) -> ArraySlice<Double> {
    values[(index * columns)..<((index + 1) * columns)]
  }

  /// Elements less those of a row, where a mask is 1; 0 elsewhere.
  fileprivate func shifted(by row: [Double], where mask: Matrix) -> Matrix {
    var result = self
    for index in values.indices {
      result.values[index] -= mask.values[index] * row[index % columns]
    }
    return result
  }
}
