import FileFormats

/// The IDX format of MNIST and its relatives, plain or gzipped: a big-endian magic number and
/// dimensions, then bytes.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
public enum IDX {
  /// Unsigned bytes in three dimensions: count, rows, columns.
  public static let imagesMagic: UInt32 = 0x0000_0803
  /// Unsigned bytes in four dimensions: count, rows, columns, channels.
  public static let channelsMagic: UInt32 = 0x0000_0804
  /// Unsigned bytes in one dimension.
  public static let labelsMagic: UInt32 = 0x0000_0801
  /// The most bytes of data that a header may promise: 4 GiB.
  public static let sizeLimit = 1 << 32

  /// The images of one file.
  public struct Images: Sendable, Equatable {
    /// Number of images.
    public let count: Int
    /// Rows per image.
    public let height: Int
    /// Pixels per row.
    public let width: Int
    /// Values per pixel: 1, or those of a file in four dimensions.
    public let channels: Int
    /// `count x height x width x channels` levels, row-major.
    public let pixels: [UInt8]
  }

  /// Reads an image file (`…-images-idx3-ubyte`, or `idx4` with channels). Malformed for a wrong magic number, dimensions
  /// of zero or beyond `sizeLimit`, and for data that is shorter or longer than the header says.
  public static func readImages(_ path: String) throws(FileError) -> Images {
    let (sizes, pixels) = try read(path, [imagesMagic: 3, channelsMagic: 4])
    return Images(
      count: sizes[0], height: sizes[1], width: sizes[2],
      channels: sizes.count == 4 ? sizes[3] : 1, pixels: pixels)
  }

  /// Reads a label file (`…-labels-idx1-ubyte`); fails as `readImages` does.
  public static func readLabels(_ path: String) throws(FileError) -> [UInt8] {
    try read(path, [labelsMagic: 1]).data
  }

  /// Reads the header, then exactly what it promises, so that neither a hostile header nor a gzip
  /// bomb can make this allocate more than the file bears out.
  ///
  /// - Parameter kinds: magic numbers that belong here, with their dimensions.
  private static func read(
    _ path: String, _ kinds: [UInt32: Int]
  ) throws(FileError) -> (sizes: [Int], data: [UInt8]) {
    var reader = try InflatingReader(path)
    let found = try reader.read(upTo: 4)
    guard found.count == 4 else { throw truncated(path, "its header is incomplete") }
    guard let dimensions = kinds[bigEndian(found[...])] else {
      throw wrongMagic(
        bigEndian(found[...]),
        expected: kinds.keys.contains(labelsMagic) ? labelsMagic : imagesMagic,
        path: path)
    }
    let header = try reader.read(upTo: 4 * dimensions)
    guard header.count == 4 * dimensions else {
      throw truncated(path, "its header is incomplete")
    }
    let sizes = (0..<dimensions).map { Int(bigEndian(header[4 * $0..<4 * $0 + 4])) }
    let size = try byteCount(sizes, path: path)
    guard size <= reader.largestRest else {
      throw truncated(
        path, "its header promises \(size) bytes, and no more than \(reader.largestRest) can follow"
      )
    }
    let data = try reader.read(upTo: size)
    guard data.count == size else {
      throw truncated(path, "its header promises \(size) bytes, and \(data.count) follow")
    }
    guard try reader.read(upTo: 1).isEmpty else {
      throw FileError(
        .malformed, path: path, problem: "has more data than the \(size) bytes its header promises")
    }
    return (sizes, data)
  }

  private static func byteCount(_ sizes: [Int], path: String) throws(FileError) -> Int {
    let text = sizes.map(String.init).joined(separator: " x ")
    var total = 1
    for size in sizes {
      if size == 0 {
        throw FileError(.malformed, path: path, problem: "has a dimension of zero (\(text))")
      }
      let (product, overflow) = total.multipliedReportingOverflow(by: size)
      guard !overflow && product <= sizeLimit else {
        throw FileError(
          .malformed, path: path,
          problem: "has dimensions (\(text)) beyond the limit of \(sizeLimit) bytes")
      }
      total = product
    }
    return total
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}

extension IDX {
  private static func truncated(_ path: String, _ reason: String) -> FileError {
    FileError(.malformed, path: path, problem: "truncated: \(reason)")
  }

  private static func wrongMagic(_ magic: UInt32, expected: UInt32, path: String) -> FileError {
    let advice: String? =
      switch magic {
      case imagesMagic, channelsMagic: "it holds images; a file of labels belongs here"
      case labelsMagic: "it holds labels; a file of images belongs here"
      default: nil
      }
    return FileError(
      .malformed, path: path,
      problem: "has the magic number \(hexadecimal(magic)), and an IDX file of "
        + "\(expected == imagesMagic ? "images" : "labels") has \(hexadecimal(expected))"
        + (expected == imagesMagic ? " (with channels \(hexadecimal(channelsMagic)))" : ""),
      advice: advice)
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
