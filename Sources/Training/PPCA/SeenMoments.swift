import LinearAlgebra

/// The E step: for each pixel the sums over the images that show it that its regression on (z, 1) needs.
struct SeenMoments {
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
