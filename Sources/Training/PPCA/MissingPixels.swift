import Compute
import Datasets
import LinearAlgebra

/// Images of which some pixels are not to be seen, x / 255.
package struct MissingPixels: Sendable {
  package let images: Int
  package let pixels: Int
  /// [images, pixels], row-major; what is missing counts as 0.
  package let values: [Double]
  /// Whether a pixel is to be seen.
  package let isSeen: [Bool]

  package init(images: Int, pixels: Int, values: [Double], isSeen: [Bool]) {
    precondition(values.count == images * pixels && isSeen.count == values.count, "sizes differ")
    self.images = images
    self.pixels = pixels
    self.values = zip(values, isSeen).map { $1 ? $0 : 0 }
    self.isSeen = isSeen
  }

  /// Hides each pixel with the probability `part`: by the Philox uniforms of (seed, corruption, step 0, image, pixel).
  package init(_ set: ImageSet, part: Double, seed: UInt64) {
    let philox = Philox(seed: seed, purpose: .corruption)
    let count = set.pixelsPerImage
    self.init(
      images: set.count, pixels: count, values: set.pixels.map { Double($0) / 255 },
      isSeen: (0..<set.count).flatMap { image in
        philox.uniforms(count: count, sample: UInt32(image)).map { $0 >= part }
      })
  }

  /// Some of the images: [images, pixels] of 1 for pixels that are seen, and of what they are.
  func part(_ range: Range<Int>) -> (mask: Matrix, values: Matrix) {
    let elements = (range.lowerBound * pixels)..<(range.upperBound * pixels)
    return (
      Matrix(rows: range.count, columns: pixels, values: isSeen[elements].map { $0 ? 1 : 0 }),
      Matrix(rows: range.count, columns: pixels, values: Array(values[elements]))
    )
  }
}
