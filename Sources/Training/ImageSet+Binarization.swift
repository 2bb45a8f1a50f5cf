import Compute
import Datasets
import FileFormats
import Graph

extension ImageSet {
  /// The values of images as a model's encoder gets them: pixel / 255, or with static binarisation the same draws as on
  /// the device (Kernels/data.cl). Dynamic draws belong to a step and give the grey images here.
  /// Throws `ArgumentError` for a range that the set does not have.
  public func inputs(
    _ range: Range<Int>, binarization: Binarization
  ) throws(ArgumentError) -> [Float] {
    try ArgumentError.check(
      range.lowerBound >= 0 && range.upperBound <= count, "ImageSet.inputs(range)",
      "images \(range) of \(count)")
    guard binarization == .static else {
      return pixels[range.lowerBound * pixelsPerImage..<range.upperBound * pixelsPerImage]
        .map { Float($0) / 255 }
    }
    let philox = Philox(seed: 0, purpose: .staticBinarisation, step: split.number)
    var values: [Float] = []
    values.reserveCapacity(range.count * pixelsPerImage)
    for index in range {
      let start = index * pixelsPerImage
      for block in stride(from: 0, to: pixelsPerImage, by: 4) {
        let words = philox.words(block: UInt32(block / 4), sample: UInt32(index))
        for (word, pixel) in zip(words, block..<min(block + 4, pixelsPerImage)) {
          values.append(UInt64(word) * 255 < UInt64(pixels[start + pixel]) << 32 ? 1 : 0)
        }
      }
    }
    return values
  }
}
