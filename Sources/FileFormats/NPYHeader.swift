/// The dictionary in an `.npy` header: exactly `descr`, `fortran_order` and `shape`, once each.
struct NPYHeader {
  /// The element types that are read.
  enum ElementType: String {
    case float32 = "<f4"
    case float64 = "<f8"
    case uint8 = "|u1"

    var size: Int {
      switch self {
      case .float32: 4
      case .float64: 8
      case .uint8: 1
      }
    }
  }

  let type: ElementType
  let shape: [Int]
  /// Bytes of data: the product of the shape and the element's size.
  let byteCount: Int

  init(_ text: String, path: String) throws(FileError) {
    var parser = NPYHeaderParser(text: Array(text.utf8), path: path)
    try parser.parse()
    guard let descr = parser.descr, let order = parser.fortranOrder, let shape = parser.shape
    else { throw parser.failure("descr, fortran_order or shape is missing") }
    guard let type = ElementType(rawValue: descr) else {
      throw FileError(
        .mismatch, path: path,
        problem: "has elements of the type \(FileError.quoted(descr)), which is not supported",
        advice: "save it as float32 (numpy.save of array.astype('<f4'))")
    }
    if order {
      throw FileError(
        .mismatch, path: path, problem: "is in Fortran order, which is not supported",
        advice: "save it in C order (numpy.ascontiguousarray)")
    }
    guard let size = ElementCount.of([type.size] + shape) else {
      throw parser.failure("the size of its shape overflows")
    }
    self.type = type
    self.shape = shape
    self.byteCount = size
  }
}

/// A parser for the few Python literals that NumPy writes.
private struct NPYHeaderParser {
  let text: [UInt8]
  let path: String
  var descr: String?
  var fortranOrder: Bool?
  var shape: [Int]?
  private var position = 0

  init(text: [UInt8], path: String) {
    self.text = text
    self.path = path
  }

  func failure(_ reason: String) -> FileError {
    FileError(.malformed, path: path, problem: "its npy header is malformed: \(reason)")
  }

  mutating func parse() throws(FileError) {
    try expect("{")
    while !accept("}") {
      let key = try parseString()
      try expect(":")
      switch key {
      case "descr" where descr == nil: descr = try parseDescr()
      case "fortran_order" where fortranOrder == nil: fortranOrder = try parseBool()
      case "shape" where shape == nil: shape = try parseTuple()
      default: throw failure("the key \(FileError.quoted(key)) is unknown or appears twice")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    if position < text.count { throw failure("there is data after the dictionary") }
  }

  private mutating func skipSpace() {
    while position < text.count, text[position] == 0x20 || text[position] == 0x0A {
      position += 1
    }
  }

  private mutating func accept(_ word: String) -> Bool {
    skipSpace()
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(FileError) {
    if !accept(word) { throw failure("expected \(FileError.quoted(word))") }
  }

  private mutating func parseString() throws(FileError) -> String {
    let quote = accept("'") ? "'" : "\""
    if quote == "\"" { try expect(quote) }
    let start = position
    while position < text.count {
      let byte = text[position]
      if byte == quote.utf8.first {
        position += 1
        return String(decoding: text[start..<position - 1], as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") { throw failure("a string has an escape") }
      position += 1
    }
    throw failure("a string has no end")
  }

  /// A string; anything else (a list of fields) is a structured type.
  private mutating func parseDescr() throws(FileError) -> String {
    skipSpace()
    if text[position...].starts(with: "[".utf8) {
      throw FileError(.mismatch, path: path, problem: "has a structured type, not plain numbers")
    }
    return try parseString()
  }

  private mutating func parseBool() throws(FileError) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw failure("fortran_order is neither True nor False")
  }

  private mutating func parseTuple() throws(FileError) -> [Int] {
    try expect("(")
    var result: [Int] = []
    while !accept(")") {
      skipSpace()
      let start = position
      while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
      let digits = String(decoding: text[start..<position], as: UTF8.self)
      guard let number = Int(digits) else { throw failure("a dimension is not an integer") }
      result.append(number)
      let comma = accept(",")
      if !comma && !(text[position...].starts(with: ")".utf8) && result.count > 1) {
        throw failure("the shape is not a tuple")
      }
    }
    return result
  }
}
