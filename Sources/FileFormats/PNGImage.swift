import CPNG

/// An 8-bit grey or RGB picture and its PNG form.
public struct PNGImage: Sendable, Equatable {
  /// Pixels per row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// 1 (grey) or 3 (red, green, blue).
  public let channels: Int
  /// `height x width x channels` values, row-major, sRGB.
  public var pixels: [UInt8]

  /// Pixels of a side that libpng takes.
  static let sides = 1...1_000_000

  /// Throws `ArgumentError` unless a side has 1 to 1,000,000 pixels and `pixels` are as many as the
  /// sizes say.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws(ArgumentError) {
    try ArgumentError.check(
      channels == 1 || channels == 3, "PNGImage(channels)", "1 or 3 channels, not \(channels)")
    try ArgumentError.check(
      Self.sides.contains(width) && Self.sides.contains(height), "PNGImage(width, height)",
      "a side has 1 to 1,000,000 pixels, not \(width) x \(height)")
    try ArgumentError.check(
      pixels.count == width * height * channels, "PNGImage(pixels)",
      "\(pixels.count) values for \(width) x \(height) x \(channels)")
    self.init(verifiedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// A picture whose sizes are known to be right.
  init(verifiedWidth width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Writes a PNG file, atomically; unwritable, writeFailed or diskFull on failure.
  public func write(to path: String) throws(FileError) {
    try AtomicFile.write(try encoded(path: path), to: path)
  }

  /// The bytes of a PNG file; `path` is for errors.
  public func encoded(path: String = "picture.png") throws(FileError) -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = Self.format(channels: channels)
    // libpng says how much room it wanted when there is too little; a second pass then fits.
    var size = pixels.count + height + pixels.count / 1000 + 4096
    for _ in 0..<2 {
      var bytes = [UInt8](repeating: 0, count: size)
      let room = size
      let done = png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil)
      if done != 0 && size <= room {
        bytes.removeSubrange(size...)
        return bytes
      }
      if size <= room { break }
    }
    throw FileError(
      .unwritable, path: path, problem: "libpng failed (\(Self.message(image)))")
  }

  static func format(channels: Int) -> UInt32 {
    channels == 3 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
  }

  static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
