/// NumPy's `.npy` format: magic, version, a Python dictionary, raw data.
///
/// Source: numpy.org, "numpy.lib.format", versions 1.0 to 3.0.
public enum NPY {
  /// The largest header accepted, in bytes; NumPy's own limit.
  public static let headerLimit = 10_000

  /// The bytes of a version 1.0 file with little-endian float32 in C order. Throws `ArgumentError`
  /// unless `values` are as many as `shape` says.
  public static func bytes(shape: [Int], values: [Float]) throws(ArgumentError) -> [UInt8] {
    try ArgumentError.check(
      fits(shape, values), "NPY.bytes", "\(values.count) values for an array of the shape \(shape)")
    return header(shape: shape) + LittleEndian.bytes(of: values)
  }

  private static func fits(_ shape: [Int], _ values: [Float]) -> Bool {
    ElementCount.of(shape) == values.count
  }

  /// Writes `bytes(shape:values:)`, atomically; unwritable, writeFailed or diskFull on failure.
  public static func write(shape: [Int], values: [Float], to path: String) throws(FileError) {
    guard fits(shape, values) else {
      throw FileError(
        .mismatch, path: path, problem: "\(values.count) values for an array of the shape \(shape)")
    }
    let header = header(shape: shape)
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try file.append(header)
      try file.append(littleEndian: values)
    }
  }

  /// Reads `<f4`, `<f8` (rounded to the nearest) or `|u1` data in C order, versions 1 to 3;
  /// `limit` is the largest file accepted, in bytes.
  public static func read(_ path: String, limit: Int = 1 << 34)
    throws(FileError) -> (shape: [Int], values: [Float])
  {
    try parse(try BoundedFile.read(path, limit: limit), path: path)
  }

  /// As `read(_:limit:)` for the bytes of a file; `path` is for errors.
  public static func parse(_ bytes: [UInt8], path: String)
    throws(FileError) -> (shape: [Int], values: [Float])
  {
    let (text, start) = try headerText(of: bytes, path: path)
    let header = try NPYHeader(text, path: path)
    let size = bytes.count - start
    guard size == header.byteCount else {
      throw FileError(
        .malformed, path: path,
        problem: "has \(size) bytes of data, and its header says \(header.byteCount)")
    }
    let data = bytes[start...]
    switch header.type {
    case .float32:
      return (
        header.shape,
        LittleEndian.floats(UInt32.self, in: data) { Float(bitPattern: $0) }
      )
    case .float64:
      return (
        header.shape,
        LittleEndian.floats(UInt64.self, in: data) { Float(Double(bitPattern: $0)) }
      )
    case .uint8:
      return (header.shape, data.map { Float($0) })
    }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static func header(shape: [Int]) -> [UInt8] {
    let list = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list)), }"
    let padding = (64 - (10 + text.utf8.count + 1) % 64) % 64
    let padded = text + String(repeating: " ", count: padding) + "\n"
    return magic + [1, 0] + LittleEndian.bytes(of: UInt16(padded.utf8.count)) + padded.utf8
  }

  /// The header as text and the offset of the data.
  private static func headerText(of bytes: [UInt8], path: String)
    throws(FileError) -> (String, Int)
  {
    guard bytes.starts(with: magic), bytes.count >= 10 else {
      throw FileError(.malformed, path: path, problem: "is not an .npy file (its magic differs)")
    }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw FileError(
        .malformed, path: path, problem: "has the unknown npy version \(bytes[6]).\(bytes[7])")
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else {
      throw FileError(.malformed, path: path, problem: "truncated: its header is incomplete")
    }
    let length = bytes.withUnsafeBytes {
      start == 10
        ? Int(LittleEndian.load(UInt16.self, from: $0, at: 8))
        : Int(LittleEndian.load(UInt32.self, from: $0, at: 8))
    }
    guard length <= headerLimit else {
      throw FileError(
        .malformed, path: path,
        problem: "its header would have \(length) bytes, and at most \(headerLimit) are allowed")
    }
    guard bytes.count - start >= length else {
      throw FileError(.malformed, path: path, problem: "truncated: its header is incomplete")
    }
    let content = bytes[start..<start + length]
    guard let text = String(validating: content, as: UTF8.self) else {
      throw FileError(.malformed, path: path, problem: "its header is not valid text")
    }
    return (text, start + length)
  }
}
