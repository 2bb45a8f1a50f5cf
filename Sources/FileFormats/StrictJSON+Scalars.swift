extension JSONParser {
  /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?` as written.
  mutating func parseNumber() throws(FileError) -> String {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let leadingZero = next == UInt8(ascii: "0")
    let digits = skipDigits()
    if digits == 0 {
      throw failure(position == start ? "expected a value" : "a number has no digits")
    }
    if leadingZero && digits > 1 { throw failure("a number has a leading zero") }
    if next == UInt8(ascii: ".") {
      position += 1
      if skipDigits() == 0 { throw failure("a number has no digits after its point") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      if skipDigits() == 0 { throw failure("a number has no digits in its exponent") }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    return position - start
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// The string whose opening quote is at the position, unescaped.
  mutating func parseString() throws(FileError) -> String {
    position += 1
    var content: [UInt8] = []
    var start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        content += bytes[start..<position]
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("a string is not valid UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        content += bytes[start..<position]
        content += try parseEscape().utf8
        start = position
      case 0..<0x20:
        throw failure("a control character in a string is not escaped")
      default:
        position += 1
      }
    }
    throw failure("a string has no closing quote")
  }

  /// The character that the escape at the position stands for.
  private mutating func parseEscape() throws(FileError) -> String {
    position += 1
    guard let byte = next else { throw failure("the text ends in an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try parseScalar()
    default: throw failure("unknown escape")
    }
  }

  /// The scalar of four hex digits, or of a surrogate pair of two such escapes, at the position.
  private mutating func parseScalar() throws(FileError) -> String {
    let first = try parseHex()
    if let scalar = Unicode.Scalar(first) { return String(scalar) }
    guard first < 0xDC00, bytes[position...].starts(with: "\\u".utf8) else {
      throw failure("a surrogate stands alone")
    }
    position += 2
    let second = try parseHex()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw failure("a surrogate stands alone") }
    return String(scalar)
  }

  private mutating func parseHex() throws(FileError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("the text ends in an escape") }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("an escape has a character that is no hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
