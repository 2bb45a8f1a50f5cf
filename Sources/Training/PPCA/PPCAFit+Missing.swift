import Foundation
import LinearAlgebra

extension PPCAFitting {
  /// EM with missing pixels (Tipping & Bishop 1999, appendix B; with a mean for each pixel: Ilin & Raiko 2010, section 4.2): an
  /// image's posterior is that of its seen pixels, a pixel's row of W and its mean are the regression over the images that show
  /// it. The likelihood is that of the seen pixels, per image.
  package static func expectationMaximisation(
    _ data: MissingPixels, latents: Int, seed: UInt64, tolerance: Double = 1e-3,
    limit: Int = 1000, threads: Int = 1, onIteration: (PPCAIteration) throws -> Bool
  ) throws -> PrincipalComponents {
    var model = start(data, latents: latents, seed: seed)
    var convergence = Convergence(tolerance: tolerance)
    for number in 1...max(limit, 1) {
      let posterior = try SeenPosterior(model, data, threads: threads)
      guard
        try onIteration(
          PPCAIteration(number: number, logLikelihood: posterior.logLikelihood)),
        !convergence.isReached(posterior.logLikelihood)
      else { break }
      model = try posterior.maximise(data, threads: threads)
    }
    return try model.rotated()
  }

  /// W from Philox normals, the mean and the mean variance of the pixels that are seen.
  private static func start(
    _ data: MissingPixels, latents: Int, seed: UInt64
  ) -> PrincipalComponents {
    var sums = [Double](repeating: 0, count: data.pixels)
    var squares = 0.0
    var counts = [Double](repeating: 0, count: data.pixels)
    for index in data.values.indices where data.isSeen[index] {
      sums[index % data.pixels] += data.values[index]
      counts[index % data.pixels] += 1
      squares += data.values[index] * data.values[index]
    }
    let mean = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    let explained = zip(mean, counts).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
    let variance = (squares - explained) / max(counts.reduce(0, +), 1)
    let normals = Normals.values(
      .init(seed: seed, purpose: .initialisation), sample: 0, count: data.pixels * latents)
    return PrincipalComponents(
      w: Matrix(rows: data.pixels, columns: latents, values: normals.map { 0.1 * Double($0) }),
      mean: mean, variance: max(variance, smallestVariance))
  }
}

/// The posterior of an image by its seen pixels.
private struct ImagePosterior: Sendable {
  let mean: [Double]
  /// [M, M]
  let covariance: Matrix
  /// ln p of the seen pixels.
  let logLikelihood: Double
  let pixelsSeen: Int

  init(_ model: PrincipalComponents, _ data: MissingPixels, image: Int) throws {
    let (m, d) = (model.latents, data.pixels)
    // M = W_o' W_o + sigma^2 I and W_o'(x_o - mean_o) over the seen pixels o.
    var precision = Matrix(diagonal: [Double](repeating: model.variance, count: m))
    var projection = [Double](repeating: 0, count: m)
    var squares = 0.0
    var count = 0
    for i in 0..<d where data.isSeen[image * d + i] {
      let x = data.values[image * d + i] - model.mean[i]
      squares += x * x
      count += 1
      for j in 0..<m {
        let w = model.w.values[i * m + j]
        projection[j] += w * x
        for k in 0...j { precision.values[j * m + k] += w * model.w.values[i * m + k] }
      }
    }
    for j in 0..<m { for k in 0..<j { precision[k, j] = precision[j, k] } }
    let cholesky = try Cholesky(precision)
    let inverse = cholesky.inverse
    mean = cholesky.dividing(Matrix(rows: 1, columns: m, values: projection)).values
    covariance = model.variance * inverse
    let explained = zip(mean, projection).reduce(0) { $0 + $1.0 * $1.1 }
    let logDeterminant = cholesky.logDeterminant + Double(count - m) * log(model.variance)
    logLikelihood =
      -0.5
      * (Double(count) * log(2 * .pi) + logDeterminant + (squares - explained) / model.variance)
    pixelsSeen = count
  }
}

/// The E step: the posterior of every image.
private struct SeenPosterior: Sendable {
  private let latents: Int
  private let images: [ImagePosterior]

  init(_ model: PrincipalComponents, _ data: MissingPixels, threads: Int) throws {
    latents = model.latents
    images = try Parallel.map(data.images, threads: threads) {
      try ImagePosterior(model, data, image: $0)
    }
  }

  /// Of the seen pixels, per image.
  var logLikelihood: Double {
    images.reduce(0) { $0 + $1.logLikelihood } / Double(images.count)
  }

  /// The M step: for each pixel the regression of x on (z, 1) over the images that show it, with the sum of squares it leaves.
  func maximise(_ data: MissingPixels, threads: Int) throws -> PrincipalComponents {
    let rows = try Parallel.map(data.pixels, threads: threads) { try regression(data, pixel: $0) }
    let seen = images.reduce(0) { $0 + $1.pixelsSeen }
    return PrincipalComponents(
      w: Matrix(
        rows: data.pixels, columns: latents, values: rows.flatMap { $0.row.dropLast() }),
      mean: rows.map { $0.row[latents] },
      variance: max(
        rows.reduce(0) { $0 + $1.residual } / Double(max(seen, 1)), PPCAFitting.smallestVariance))
  }

  private func regression(
    _ data: MissingPixels, pixel: Int
  ) throws -> (row: [Double], residual: Double) {
    let m = latents
    // A pixel that no image shows has a row of zeros.
    var moments = Matrix(diagonal: [Double](repeating: 1e-12, count: m + 1))
    var products = [Double](repeating: 0, count: m + 1)
    var squares = 0.0
    for n in 0..<data.images where data.isSeen[n * data.pixels + pixel] {
      let x = data.values[n * data.pixels + pixel]
      let image = images[n]
      squares += x * x
      for j in 0..<m {
        let z = image.mean[j]
        products[j] += x * z
        for k in 0...j {
          moments.values[j * (m + 1) + k] += z * image.mean[k] + image.covariance.values[j * m + k]
        }
        moments.values[m * (m + 1) + j] += z
      }
      products[m] += x
      moments.values[m * (m + 1) + m] += 1
    }
    for j in 0...m { for k in 0..<j { moments[k, j] = moments[j, k] } }
    let row = try Cholesky(moments).dividing(
      Matrix(rows: 1, columns: m + 1, values: products)
    ).values
    // sum E (x - w z - b)^2 = sum x^2 - row . products at the minimum.
    return (row, squares - zip(row, products).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
