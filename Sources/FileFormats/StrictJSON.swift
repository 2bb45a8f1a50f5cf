/// A strict parser for JSON texts (RFC 8259) in UTF-8.
///
/// Errors beyond the grammar: duplicate keys (canonically equal strings count as one), invalid
/// UTF-8, a byte-order mark, lone surrogates, trailing data, and texts past `Limits`.
public enum StrictJSON {
  /// What a hostile text must not exceed.
  public struct Limits: Sendable {
    /// Arrays and objects inside one another.
    public var depth = 32
    /// Values in all, each array element and object member counted.
    public var values = 4_000_000

    /// The default limits.
    public init() {}
  }

  /// The one value in `bytes`; malformed, with the byte offset, otherwise. `path` is for errors.
  public static func parse(_ bytes: [UInt8], path: String, limits: Limits = Limits())
    throws(FileError) -> JSONValue
  {
    var parser = JSONParser(bytes: bytes, path: path, limits: limits)
    return try parser.parseText()
  }
}

/// The state of one parse: a position in the bytes.
struct JSONParser {
  let bytes: [UInt8]
  let path: String
  let limits: StrictJSON.Limits
  var position = 0
  private var values = 0

  init(bytes: [UInt8], path: String, limits: StrictJSON.Limits) {
    self.bytes = bytes
    self.path = path
    self.limits = limits
  }

  mutating func parseText() throws(FileError) -> JSONValue {
    let value = try parseValue(depth: 0)
    skipSpace()
    if position < bytes.count { throw failure("there is data after the value") }
    return value
  }

  /// The byte at the position; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func failure(_ reason: String) -> FileError {
    FileError(.malformed, path: path, problem: "is not valid JSON at byte \(position): \(reason)")
  }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func parseValue(depth: Int) throws(FileError) -> JSONValue {
    skipSpace()
    values += 1
    if values > limits.values { throw failure("more than \(limits.values) values") }
    guard let byte = next else { throw failure("the text ends where a value should be") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: return .number(try parseNumber())
    }
  }

  private mutating func parseWord(_ word: String, _ value: JSONValue)
    throws(FileError) -> JSONValue
  {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func enter(_ depth: Int) throws(FileError) {
    if depth > limits.depth { throw failure("nested deeper than \(limits.depth)") }
    position += 1
    skipSpace()
  }

  /// True after a comma; false after `close`.
  private mutating func continues(until close: Unicode.Scalar) throws(FileError) -> Bool {
    skipSpace()
    if next == UInt8(ascii: ",") {
      position += 1
      skipSpace()
      return true
    }
    guard next == UInt8(ascii: close) else { throw failure("expected \",\" or \"\(close)\"") }
    position += 1
    return false
  }

  private mutating func parseArray(depth: Int) throws(FileError) -> [JSONValue] {
    try enter(depth)
    if next == UInt8(ascii: "]") {
      position += 1
      return []
    }
    var elements: [JSONValue] = []
    repeat {
      elements.append(try parseValue(depth: depth))
    } while try continues(until: "]")
    return elements
  }

  private mutating func parseObject(depth: Int) throws(FileError) -> [JSONValue.Member] {
    try enter(depth)
    if next == UInt8(ascii: "}") {
      position += 1
      return []
    }
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    repeat {
      guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let key = try parseString()
      guard keys.insert(key).inserted else {
        throw failure("the key \(FileError.quoted(key)) appears twice")
      }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw failure("expected \":\"") }
      position += 1
      members.append(JSONValue.Member(key, try parseValue(depth: depth)))
    } while try continues(until: "}")
    return members
  }
}
