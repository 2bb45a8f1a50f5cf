import Datasets
import Foundation
import LinearAlgebra

/// Mean and population covariance of the pixels of a set, x / 255, in float64: all that PPCA needs of complete images.
package struct PixelStatistics: Sendable {
  package let images: Int
  package let mean: [Double]
  /// S = 1/N sum (x - mean)(x - mean)'.
  package let covariance: Matrix

  package init(_ set: ImageSet) {
    let d = set.pixelsPerImage
    var gram = Matrix(zeros: d, d)
    var sums = [Double](repeating: 0, count: d)
    for start in stride(from: 0, to: set.count, by: 2048) {
      let count = min(2048, set.count - start)
      // Sums of bytes and of their products are exact in float64.
      let rows = set.pixels[(start * d)..<((start + count) * d)].map(Double.init)
      for row in 0..<count { for j in 0..<d { sums[j] += rows[row * d + j] } }
      gram.addGram(Matrix(rows: count, columns: d, values: rows))
    }
    gram.mirrorUpper()
    let n = Double(set.count)
    let mean = sums.map { $0 / n }
    for i in 0..<d {
      for j in 0..<d { gram[i, j] = (gram[i, j] / n - mean[i] * mean[j]) / (255 * 255) }
    }
    images = set.count
    self.mean = mean.map { $0 / 255 }
    covariance = gram
  }

  /// Eigenvalues of S above a number, which is not negative.
  package func countEigenvalues(above number: Double) -> Int {
    // Where S has eigenvalues of 0, rounding makes them anything.
    covariance.countEigenvalues(above: max(number, 1e-12 * max(covariance.trace, 1e-300)))
  }

  /// Of pairs of pixels over the images that show both, about the means of what is seen; 0 for pairs that none shows.
  init(_ data: MissingPixels) {
    let d = data.pixels
    var sums = [Double](repeating: 0, count: d)
    var counts = sums
    for index in data.values.indices where data.isSeen[index] {
      sums[index % d] += data.values[index]
      counts[index % d] += 1
    }
    let mean = zip(sums, counts).map { $0 / max($1, 1) }
    var (gram, pairs) = (Matrix(zeros: d, d), Matrix(zeros: d, d))
    for start in stride(from: 0, to: data.images, by: 2048) {
      let (mask, values) = data.part(start..<min(start + 2048, data.images))
      gram.addGram(values.shifted(by: mean, where: mask))
      pairs.addGram(mask)
    }
    for index in gram.values.indices { gram.values[index] /= max(pairs.values[index], 1) }
    gram.mirrorUpper()
    images = data.images
    self.mean = mean
    covariance = gram
  }
}
