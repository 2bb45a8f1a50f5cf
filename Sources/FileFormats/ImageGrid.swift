/// Lays pictures out in rows and columns.
public enum ImageGrid {
  /// The grey between the pictures.
  public static let background: UInt8 = 128

  /// One picture of `count` small ones, `columns` to a row (fewer where there are fewer), each
  /// enlarged `scale` times by repeating pixels, with `padding` grey pixels around each.
  ///
  /// `images` is `count x height x width x channels`, 0 black to 1 white; values outside are
  /// clamped and NaN is black: `round(255 min(max(v, 0), 1))`.
  ///
  /// Throws `ArgumentError` for sizes that are not positive, for another number of values, and for
  /// a picture with a side of more than 1,000,000 pixels.
  public static func compose(
    images: [Float], count: Int, height: Int, width: Int, channels: Int, columns: Int,
    padding: Int = 2, scale: Int = 1
  ) throws(ArgumentError) -> PNGImage {
    let sides = PNGImage.sides
    try ArgumentError.check(
      sides.contains(height) && sides.contains(width) && (0...sides.upperBound).contains(padding)
        && sides.contains(scale) && count > 0 && columns > 0, "ImageGrid.compose(sizes)",
      "\(count) pictures of \(height) x \(width), \(columns) to a row, enlarged \(scale) times, "
        + "\(padding) pixels around each: sizes must be from 1 to 1,000,000")
    try ArgumentError.check(
      channels == 1 || channels == 3, "ImageGrid.compose(channels)",
      "1 or 3 channels, not \(channels)")
    let (size, isTooLarge) = count.multipliedReportingOverflow(by: height * width * channels)
    try ArgumentError.check(
      !isTooLarge && images.count == size, "ImageGrid.compose(images)",
      "\(images.count) values for \(count) x \(height) x \(width) x \(channels)")
    let columns = min(columns, count)
    let rows = (count + columns - 1) / columns
    let cellWidth = width * scale + padding
    let cellHeight = height * scale + padding
    let totalWidth = columns * cellWidth + padding
    let totalHeight = rows * cellHeight + padding
    try ArgumentError.check(
      sides.contains(totalWidth) && sides.contains(totalHeight), "ImageGrid.compose(sizes)",
      "the picture would have \(totalWidth) x \(totalHeight) pixels; a side has at most "
        + "1,000,000")
    var pixels = [UInt8](repeating: background, count: totalWidth * totalHeight * channels)
    for index in 0..<count {
      let left = padding + index % columns * cellWidth
      let top = padding + index / columns * cellHeight
      for y in 0..<height * scale {
        let source = (index * height + y / scale) * width
        let target = (top + y) * totalWidth + left
        for x in 0..<width * scale {
          for channel in 0..<channels {
            pixels[(target + x) * channels + channel] =
              byte(images[(source + x / scale) * channels + channel])
          }
        }
      }
    }
    return PNGImage(
      verifiedWidth: totalWidth, height: totalHeight, channels: channels, pixels: pixels)
  }

  /// `value` of 0 to 1 as 0 to 255; NaN is 0.
  static func byte(_ value: Float) -> UInt8 {
    value.isNaN ? 0 : UInt8((min(max(value, 0), 1) * 255).rounded())
  }
}
