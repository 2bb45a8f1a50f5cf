/// The tensors and the metadata of a safetensors file, checked in full before it exists.
///
/// Format: u64 little-endian header length, JSON header, raw row-major buffer. Source: the format
/// page and validation rules of github.com/huggingface/safetensors.
public struct SafeTensors: Sendable {
  /// The largest header accepted, in bytes.
  public static let headerLimit = 100_000_000

  /// One tensor as its header entry tells.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The element type.
    public let dtype: DType
    /// The dimensions, outermost first; empty for a scalar.
    public let shape: [Int]
    /// The bytes it takes in the buffer after the header.
    public let range: Range<Int>
  }

  /// The file it came from, for messages.
  public let path: String
  /// The tensors in the order of the header.
  public let entries: [Entry]
  /// The `__metadata__` of the header.
  public let metadata: [String: String]

  let places: [String: Int]
  let buffer: [UInt8]

  init(header: SafeTensorsHeader, buffer: [UInt8], path: String) {
    self.path = path
    self.entries = header.entries
    self.metadata = header.metadata
    self.buffer = buffer
    self.places = Dictionary(
      header.entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The names of the tensors in the order of the header.
  public var names: [String] { entries.map(\.name) }

  /// The entry of a tensor; nil when there is none of this name.
  public func entry(named name: String) -> Entry? {
    places[name].map { entries[$0] }
  }

  /// The dimensions of a tensor; nil when there is none of this name.
  public func shape(of name: String) -> [Int]? {
    entry(named: name)?.shape
  }
}

extension SafeTensors {
  /// The element types of the format that have whole bytes.
  public enum DType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8e5m2 = "F8_E5M2"
    case f8e4m3 = "F8_E4M3"
    case u16 = "U16"
    case i16 = "I16"
    case f16 = "F16"
    case bf16 = "BF16"
    case u32 = "U32"
    case i32 = "I32"
    case f32 = "F32"
    case u64 = "U64"
    case i64 = "I64"
    case f64 = "F64"

    /// Bytes per element.
    public var size: Int {
      switch self {
      case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
      case .u16, .i16, .f16, .bf16: 2
      case .u32, .i32, .f32: 4
      case .u64, .i64, .f64: 8
      }
    }
  }
}

extension SafeTensors {
  /// The elements of a tensor, row-major: F32 as stored, F16 and BF16 exactly, F64 rounded to the
  /// nearest. Mismatch for an unknown name and for types that are not floating point.
  public func floats(named name: String) throws(FileError) -> [Float] {
    guard let entry = entry(named: name) else { throw unknown(name) }
    let bytes = buffer[entry.range]
    switch entry.dtype {
    case .f32:
      return LittleEndian.floats(UInt32.self, in: bytes) { Float(bitPattern: $0) }
    case .f64:
      return LittleEndian.floats(UInt64.self, in: bytes) { Float(Double(bitPattern: $0)) }
    case .f16:
      return LittleEndian.floats(UInt16.self, in: bytes) { LittleEndian.float(half: $0) }
    case .bf16:
      return LittleEndian.floats(UInt16.self, in: bytes) { Float(bitPattern: UInt32($0) << 16) }
    case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64:
      throw FileError(
        .mismatch, path: path,
        problem: "tensor \(FileError.quoted(name)) holds integers (\(entry.dtype.rawValue)) "
          + "where floating-point numbers are needed")
    case .f8e5m2, .f8e4m3:
      throw FileError(
        .mismatch, path: path,
        problem: "tensor \(FileError.quoted(name)) has the type \(entry.dtype.rawValue), "
          + "which is not supported",
        advice: "store it as F32, F64, F16 or BF16")
    }
  }

  /// As `floats(named:)`; mismatch, with both shapes, when the tensor's shape is not `shape`.
  public func floats(named name: String, shape: [Int]) throws(FileError) -> [Float] {
    guard let entry = entry(named: name) else { throw unknown(name) }
    guard entry.shape == shape else {
      throw FileError(
        .mismatch, path: path,
        problem: "tensor \(FileError.quoted(name)) has the shape \(entry.shape), "
          + "and \(shape) is needed")
    }
    return try floats(named: name)
  }

  /// The stored bytes of a tensor of any type, little-endian; mismatch for an unknown name.
  public func bytes(named name: String) throws(FileError) -> [UInt8] {
    guard let entry = entry(named: name) else { throw unknown(name) }
    return Array(buffer[entry.range])
  }

  private func unknown(_ name: String) -> FileError {
    let known = entries.prefix(8).map { FileError.quoted($0.name, limit: 40) }
    let more = entries.count > known.count ? ", …" : ""
    return FileError(
      .mismatch, path: path, problem: "has no tensor \(FileError.quoted(name))",
      advice: known.isEmpty ? nil : "it has " + known.joined(separator: ", ") + more)
  }
}
