/// Lays pictures out in rows and columns.
public enum ImageGrid {
  /// The grey between the pictures.
  public static let background: UInt8 = 128

  /// One picture of `count` small ones, `columns` to a row (fewer where there are fewer), each
  /// enlarged `scale` times by repeating pixels, with `padding` grey pixels around each.
  ///
  /// `images` is `count x height x width x channels`, 0 black to 1 white; values outside are
  /// clamped and NaN is black: `round(255 min(max(v, 0), 1))`.
  public static func compose(
    images: [Float], count: Int, height: Int, width: Int, channels: Int, columns: Int,
    padding: Int = 2, scale: Int = 1
  ) -> PNGImage {
    precondition(
      count > 0 && height > 0 && width > 0 && columns > 0 && padding >= 0 && scale > 0,
      "sizes must be positive: \(count) pictures of \(height) x \(width), \(columns) columns")
    precondition(
      images.count == count * height * width * channels,
      "\(images.count) values for \(count) x \(height) x \(width) x \(channels)")
    let columns = min(columns, count)
    let rows = (count + columns - 1) / columns
    let cellWidth = width * scale + padding
    let cellHeight = height * scale + padding
    let totalWidth = columns * cellWidth + padding
    let totalHeight = rows * cellHeight + padding
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
    return PNGImage(width: totalWidth, height: totalHeight, channels: channels, pixels: pixels)
  }

  /// `value` of 0 to 1 as 0 to 255; NaN is 0.
  static func byte(_ value: Float) -> UInt8 {
    value.isNaN ? 0 : UInt8((min(max(value, 0), 1) * 255).rounded())
  }
}
