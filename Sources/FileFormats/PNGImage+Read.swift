import CPNG

extension PNGImage {
  /// The most pixels that are read: 2^28, about 800 MB of RGB.
  private static let pixelLimit: UInt64 = 1 << 28

  /// Reads a PNG file as 8-bit grey or RGB; transparency is laid over black, palettes and 16-bit
  /// values are converted. Missing, unreadable or malformed on failure.
  public static func read(_ path: String) throws(FileError) -> PNGImage {
    try decode(try BoundedFile.read(path, limit: 1 << 30), path: path)
  }

  /// As `read(_:)` for the bytes of a file; `path` is for errors.
  public static func decode(_ bytes: [UInt8], path: String) throws(FileError) -> PNGImage {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    // libpng keeps the pointer from the first call to the second: one scope holds both.
    var pixels: [UInt8] = []
    let done = bytes.withUnsafeBytes { buffer in
      guard png_image_begin_read_from_memory(&image, buffer.baseAddress, buffer.count) != 0,
        UInt64(image.width) * UInt64(image.height) <= pixelLimit
      else { return false }
      image.format &= UInt32(PNG_FORMAT_FLAG_COLOR)
      let channels = image.format == 0 ? 1 : 3
      pixels = [UInt8](repeating: 0, count: Int(image.width) * Int(image.height) * channels)
      return png_image_finish_read(&image, nil, &pixels, 0, nil) != 0
    }
    guard done else {
      let reason = message(image)
      throw FileError(
        .malformed, path: path,
        problem: reason.isEmpty ? "has too many pixels" : "is not a readable PNG file (\(reason))")
    }
    return PNGImage(
      verifiedWidth: Int(image.width), height: Int(image.height),
      channels: image.format == 0 ? 1 : 3, pixels: pixels)
  }
}
