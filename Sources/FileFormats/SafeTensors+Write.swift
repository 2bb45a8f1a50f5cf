extension SafeTensors {
  /// Writes F32 tensors, atomically; unwritable, writeFailed or diskFull on failure. One input gives the same
  /// bytes every time: metadata first, sorted by key, then the tensors in the order given.
  ///
  /// Throws mismatch unless names and metadata keys are unique and the values of a tensor as many
  /// as its shape says.
  public static func write(
    tensors: [(name: String, shape: [Int], values: [Float])],
    metadata: [(String, String)] = [], to path: String
  ) throws(FileError) {
    if let problem = problem(tensors, metadata) {
      throw FileError(.mismatch, path: path, problem: problem)
    }
    let header = header(tensors: tensors, metadata: metadata)
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try file.append(header)
      for tensor in tensors { try file.append(littleEndian: tensor.values) }
    }
  }

  /// The bytes that `write(tensors:metadata:to:)` writes; throws `ArgumentError` where that throws
  /// mismatch.
  public static func bytes(
    tensors: [(name: String, shape: [Int], values: [Float])],
    metadata: [(String, String)] = []
  ) throws(ArgumentError) -> [UInt8] {
    if let problem = problem(tensors, metadata) {
      throw ArgumentError("SafeTensors.bytes", problem)
    }
    var result = header(tensors: tensors, metadata: metadata)
    for tensor in tensors { result += LittleEndian.bytes(of: tensor.values) }
    return result
  }

  /// Why tensors and metadata are no file; nil where they are one.
  private static func problem(
    _ tensors: [(name: String, shape: [Int], values: [Float])], _ metadata: [(String, String)]
  ) -> String? {
    for tensor in tensors {
      if ElementCount.of(tensor.shape) != tensor.values.count {
        return "\(tensor.values.count) values for '\(tensor.name)' of the shape \(tensor.shape)"
      }
    }
    if tensors.contains(where: { $0.name == "__metadata__" }) {
      return "a tensor cannot be named '__metadata__'"
    }
    func repeated(_ names: [String]) -> String? {
      var seen: Set<String> = []
      return names.first { !seen.insert($0).inserted }
    }
    if let name = repeated(tensors.map(\.name)) { return "two tensors are named '\(name)'" }
    if let key = repeated(metadata.map(\.0)) { return "the metadata key '\(key)' is there twice" }
    return nil
  }

  /// The length and the header, padded with spaces to a multiple of 8 bytes.
  private static func header(
    tensors: [(name: String, shape: [Int], values: [Float])], metadata: [(String, String)]
  ) -> [UInt8] {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
      let values = sorted.map { JSONValue.Member($0.0, .string($0.1)) }
      members.append(JSONValue.Member("__metadata__", .object(values)))
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * MemoryLayout<Float>.size
      members.append(JSONValue.Member(tensor.name, entry(tensor, offset: offset, end: end)))
      offset = end
    }
    var header = [UInt8](JSONValue.object(members).text.utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return LittleEndian.bytes(of: UInt64(header.count)) + header
  }

  private static func entry(
    _ tensor: (name: String, shape: [Int], values: [Float]), offset: Int, end: Int
  ) -> JSONValue {
    .object([
      JSONValue.Member("dtype", .string(DType.f32.rawValue)),
      JSONValue.Member("shape", .array(tensor.shape.map { .number(String($0)) })),
      JSONValue.Member("data_offsets", .array([.number(String(offset)), .number(String(end))])),
    ])
  }
}
