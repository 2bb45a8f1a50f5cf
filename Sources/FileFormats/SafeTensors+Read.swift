extension SafeTensors {
  /// Reads and checks a file, its checksums too where it has any. Nothing is allocated by a length
  /// the file's size does not bear out; `limit` is the largest file accepted, in bytes.
  public static func read(_ path: String, limit: Int = 1 << 34) throws(FileError) -> SafeTensors {
    var file = try FileReader.open(path)
    guard file.size <= limit else {
      throw FileError(
        .malformed, path: path,
        problem: "is too large: \(file.size) bytes, and at most \(limit) are allowed here")
    }
    let length = try headerLength(
      try file.read(exactly: min(8, file.size)), fileSize: file.size, path: path)
    let header = try SafeTensorsHeader(
      try file.read(exactly: length), bufferSize: file.size - 8 - length, path: path)
    let result = SafeTensors(
      header: header, buffer: try file.read(exactly: file.remaining), path: path)
    try result.verifyChecksums()
    return result
  }

  /// Checks the bytes of a file; `path` is for errors.
  public static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> SafeTensors {
    let length = try headerLength(Array(bytes.prefix(8)), fileSize: bytes.count, path: path)
    let header = try SafeTensorsHeader(
      Array(bytes[8..<8 + length]), bufferSize: bytes.count - 8 - length, path: path)
    let result = SafeTensors(header: header, buffer: Array(bytes[(8 + length)...]), path: path)
    try result.verifyChecksums()
    return result
  }

  private static func headerLength(_ bytes: [UInt8], fileSize: Int, path: String)
    throws(FileError) -> Int
  {
    guard bytes.count == 8 else {
      throw FileError(
        .malformed, path: path,
        problem: "truncated: a safetensors file has 8 bytes or more, this one \(bytes.count)")
    }
    let length = bytes.withUnsafeBytes { LittleEndian.load(UInt64.self, from: $0, at: 0) }
    guard length <= UInt64(headerLimit) else {
      throw FileError(
        .malformed, path: path,
        problem: "its header would have \(length) bytes, and at most \(headerLimit) are allowed",
        advice: "it may not be a safetensors file")
    }
    guard length <= UInt64(fileSize - 8) else {
      throw FileError(
        .malformed, path: path,
        problem: "truncated: its header has \(length) bytes, and \(fileSize - 8) are left")
    }
    return Int(length)
  }
}

/// The header of a safetensors file, parsed and held against the size of the buffer.
struct SafeTensorsHeader {
  private(set) var entries: [SafeTensors.Entry] = []
  private(set) var metadata: [String: String] = [:]
  private let path: String

  init(_ bytes: [UInt8], bufferSize: Int, path: String) throws(FileError) {
    self.path = path
    guard bytes.first == UInt8(ascii: "{") else {
      throw failure("its header does not begin with \"{\"")
    }
    for member in try StrictJSON.parse(bytes, path: path).members ?? [] {
      if member.key == "__metadata__" {
        metadata = try readMetadata(member.value)
      } else {
        entries.append(try readEntry(member))
      }
    }
    try checkCoverage(of: bufferSize)
  }

  private func failure(_ problem: String) -> FileError {
    FileError(.malformed, path: path, problem: problem)
  }

  private func readMetadata(_ value: JSONValue) throws(FileError) -> [String: String] {
    guard let members = value.members else {
      throw failure("__metadata__ is \(value.kind), not an object")
    }
    var result: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else {
        throw failure(
          "__metadata__ has \(member.value.kind) for \(FileError.quoted(member.key)), "
            + "and only strings are allowed")
      }
      result[member.key] = text
    }
    return result
  }

  private func readEntry(_ member: JSONValue.Member) throws(FileError) -> SafeTensors.Entry {
    let name = "tensor \(FileError.quoted(member.key))"
    guard let fields = member.value.members else {
      throw failure("\(name) is \(member.value.kind), not an object")
    }
    for field in fields where !["dtype", "shape", "data_offsets"].contains(field.key) {
      throw failure("\(name) has an unknown field \(FileError.quoted(field.key))")
    }
    guard let dtypeName = member.value["dtype"]?.string else {
      throw failure("\(name) has no dtype that is a string")
    }
    guard let dtype = SafeTensors.DType(rawValue: dtypeName) else {
      throw failure("\(name) has the unknown dtype \(FileError.quoted(dtypeName))")
    }
    let shape = try naturals(member.value["shape"], "shape", of: name)
    let offsets = try naturals(member.value["data_offsets"], "data_offsets", of: name)
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw failure("\(name) has the data_offsets \(offsets.prefix(3)), not a begin and an end")
    }
    let size = try byteCount(shape, dtype, of: name)
    guard offsets[1] - offsets[0] == size else {
      throw failure(
        "\(name) takes \(offsets[1] - offsets[0]) bytes, and its dtype and shape \(size)")
    }
    return SafeTensors.Entry(
      name: member.key, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// The integers of an array, none negative.
  private func naturals(_ value: JSONValue?, _ field: String, of name: String)
    throws(FileError) -> [Int]
  {
    guard let elements = value?.elements else {
      throw failure("\(name) has no \(field) that is an array")
    }
    var result: [Int] = []
    for element in elements {
      guard let number = element.int, number >= 0 else {
        throw failure(
          "\(name) has \(FileError.quoted(element.text, limit: 30)) in its \(field), "
            + "not an integer of 0 or more")
      }
      result.append(number)
    }
    return result
  }

  private func byteCount(_ shape: [Int], _ dtype: SafeTensors.DType, of name: String)
    throws(FileError) -> Int
  {
    guard let size = ElementCount.of([dtype.size] + shape) else {
      throw failure("\(name) has a shape whose size overflows")
    }
    return size
  }

  /// Every byte of the buffer belongs to exactly one tensor.
  private func checkCoverage(of bufferSize: Int) throws(FileError) {
    var end = 0
    let sorted = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for entry in sorted {
      let name = "tensor \(FileError.quoted(entry.name))"
      if entry.range.lowerBound < end { throw failure("\(name) overlaps another tensor") }
      if entry.range.lowerBound > end {
        throw failure("bytes \(end) to \(entry.range.lowerBound) belong to no tensor")
      }
      end = entry.range.upperBound
      if end > bufferSize {
        throw failure("truncated: \(name) ends at byte \(end), and the data at \(bufferSize)")
      }
    }
    if end < bufferSize { throw failure("bytes \(end) to \(bufferSize) belong to no tensor") }
  }
}
