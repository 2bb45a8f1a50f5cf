import CZlib

/// CRC-32 sums (zlib's, 8 hexadecimal digits) in the metadata of a file. `crc32.NAME` is of the bytes
/// of the tensor NAME; `crc32.__metadata__` is of all other metadata as lines `key=value\n`, sorted
/// by the bytes of the key. A file has all of them or none.
extension SafeTensors {
  private static let prefix = "crc32."
  private static let metadataKey = prefix + "__metadata__"

  /// The entries to add to `metadata` for a file with these tensors.
  public static func checksums(
    of tensors: [(name: String, shape: [Int], values: [Float])], metadata: [(String, String)]
  ) -> [(String, String)] {
    let sums = tensors.map { (prefix + $0.name, checksum(littleEndian: $0.values)) }
    return sums + [(metadataKey, checksum(of: metadata + sums))]
  }

  /// Throws malformed for a tensor, or metadata, that is not what its checksum is of.
  func verifyChecksums() throws(FileError) {
    guard metadata.keys.contains(where: { $0.hasPrefix(Self.prefix) }) else { return }
    let others = metadata.filter { $0.key != Self.metadataKey }.map { ($0.key, $0.value) }
    try check("its metadata", Self.checksum(of: others), key: Self.metadataKey)
    for entry in entries {
      let sum = buffer.withUnsafeBytes {
        Self.checksum(UnsafeRawBufferPointer(rebasing: $0[entry.range]))
      }
      try check("tensor \(FileError.quoted(entry.name))", sum, key: Self.prefix + entry.name)
    }
  }

  private func check(_ part: String, _ sum: String, key: String) throws(FileError) {
    guard metadata[key] != sum else { return }
    throw FileError(
      .malformed, path: path,
      problem: "is damaged: \(part) has the CRC-32 \(sum), and the file says "
        + (metadata[key].map { FileError.quoted($0, limit: 16) } ?? "nothing"),
      advice: "restore it from a copy; a file that was changed on purpose goes without the "
        + "metadata that begins with '\(Self.prefix)'")
  }

  private static func checksum(of metadata: [(String, String)]) -> String {
    let sorted = metadata.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    return Array(sorted.map { "\($0.0)=\($0.1)\n" }.joined().utf8).withUnsafeBytes(checksum)
  }

  private static func checksum(littleEndian values: [Float]) -> String {
    #if _endian(little)
      return values.withUnsafeBytes(checksum)
    #else
      return LittleEndian.bytes(of: values).withUnsafeBytes(checksum)
    #endif
  }

  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> String {
    let sum = crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
