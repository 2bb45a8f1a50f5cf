extension SafeTensors {
  /// Writes F32 tensors, atomically; unwritable, writeFailed or diskFull on failure. One input gives the same
  /// bytes every time: metadata first, sorted by key, then the tensors in the order given.
  ///
  /// Names and metadata keys must be unique, and the values of a tensor as many as its shape says.
  public static func write(
    tensors: [(name: String, shape: [Int], values: [Float])],
    metadata: [(String, String)] = [], to path: String
  ) throws(FileError) {
    for tensor in tensors
    where tensor.shape.contains(where: { $0 < 0 })
      || tensor.shape.reduce(1, *) != tensor.values.count
    {
      throw FileError(
        .mismatch, path: path,
        problem: "\(tensor.values.count) values for '\(tensor.name)' of the shape \(tensor.shape)")
    }
    let header = header(tensors: tensors, metadata: metadata)
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try file.append(header)
      for tensor in tensors { try file.append(littleEndian: tensor.values) }
    }
  }

  /// The bytes that `write(tensors:metadata:to:)` writes.
  public static func bytes(
    tensors: [(name: String, shape: [Int], values: [Float])],
    metadata: [(String, String)] = []
  ) -> [UInt8] {
    var result = header(tensors: tensors, metadata: metadata)
    for tensor in tensors { result += LittleEndian.bytes(of: tensor.values) }
    return result
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
    precondition(
      Set(members.map(\.key)).count == tensors.count + (metadata.isEmpty ? 0 : 1)
        && !tensors.contains { $0.name == "__metadata__" }, "tensor names must be unique")
    precondition(
      Set(metadata.map(\.0)).count == metadata.count, "metadata keys must be unique")
    var header = [UInt8](JSONValue.object(members).text.utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return LittleEndian.bytes(of: UInt64(header.count)) + header
  }

  private static func entry(
    _ tensor: (name: String, shape: [Int], values: [Float]), offset: Int, end: Int
  ) -> JSONValue {
    precondition(
      tensor.shape.reduce(1, *) == tensor.values.count && tensor.shape.allSatisfy { $0 >= 0 },
      "tensor \(tensor.name) has shape \(tensor.shape) and \(tensor.values.count) values")
    return .object([
      JSONValue.Member("dtype", .string(DType.f32.rawValue)),
      JSONValue.Member("shape", .array(tensor.shape.map { .number(String($0)) })),
      JSONValue.Member("data_offsets", .array([.number(String(offset)), .number(String(end))])),
    ])
  }
}
