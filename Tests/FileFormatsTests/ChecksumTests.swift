import FileFormats
import TestSupport
import Testing

/// CRC-32 sums in the metadata of safetensors files.
@Suite struct ChecksumTests {
  private static let tensors: [(name: String, shape: [Int], values: [Float])] = [
    ("a", [2, 2], [1, -2, 0.5, 0x1p-149]), ("empty", [0], []), ("b.weight", [3], [0, 1, 2]),
  ]
  private static let metadata = [("step", "12"), ("seed", "7")]

  private static func bytes(_ extra: [(String, String)] = []) throws -> [UInt8] {
    let metadata = metadata + extra
    return try SafeTensors.bytes(
      tensors: tensors,
      metadata: metadata + SafeTensors.checksums(of: tensors, metadata: metadata))
  }

  @Test func sumsAreThoseOfZlib() throws {
    let file = try SafeTensors.parse(Self.bytes(), path: "x")
    // Python: zlib.crc32(struct.pack("<3f", 0, 1, 2)) and zlib.crc32 of the lines of metadata.
    #expect(file.metadata["crc32.b.weight"] == "30c8bc70")
    #expect(file.metadata["crc32.empty"] == "00000000")
    #expect(file.metadata["crc32.__metadata__"] == "fa3e9012")
    #expect(file.metadata.count == 6)
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let bytes = try Self.bytes()
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: FileError.self, "bit \(bit)") { try SafeTensors.parse(damaged, path: "x") }
    }
  }

  @Test func theDamagedPartIsNamed() throws {
    var bytes = try Self.bytes()
    bytes[bytes.count - 1] ^= 0x40
    expectFailure(.malformed, ["tensor \"b.weight\"", "CRC-32", "30c8bc70"]) {
      () throws(FileError) in try SafeTensors.parse(bytes, path: "x")
    }
    let scratch = try Scratch()
    let path = try scratch.file("x", bytes)
    expectFailure(.malformed, [path, "b.weight"]) { () throws(FileError) in
      try SafeTensors.read(path)
    }
    let sums = SafeTensors.checksums(of: Self.tensors, metadata: Self.metadata)
    let other = try SafeTensors.bytes(
      tensors: Self.tensors, metadata: [("step", "13"), ("seed", "7")] + sums)
    expectFailure(.malformed, ["its metadata"]) { () throws(FileError) in
      try SafeTensors.parse(other, path: "x")
    }
  }

  @Test func aFileWithoutSumsIsReadAndOneThatLacksSomeIsNot() throws {
    let plain = try SafeTensors.bytes(tensors: Self.tensors, metadata: Self.metadata)
    #expect(try SafeTensors.parse(plain, path: "x").floats(named: "b.weight") == [0, 1, 2])
    let sums = SafeTensors.checksums(of: Self.tensors, metadata: Self.metadata)
    for left in sums.indices {
      var some = sums
      some.remove(at: left)
      let bytes = try SafeTensors.bytes(tensors: Self.tensors, metadata: Self.metadata + some)
      expectFailure(.malformed, ["is damaged"]) { () throws(FileError) in
        try SafeTensors.parse(bytes, path: "x")
      }
    }
  }
}
