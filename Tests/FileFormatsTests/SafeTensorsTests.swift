import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
  static let tensors: [(name: String, shape: [Int], values: [Float])] = [
    ("encoder.weight", [2, 3], [1, -2, 0.5, .infinity, -0.0, 0x1p-149]), ("scalar", [], [7]),
    ("empty", [0, 4], []), ("quo\"te\n\u{1F600}", [1], [-1]),
  ]

  static let metadata = [("z", "last"), ("a", "line\nbreak \"quoted\" \\ \u{1}"), ("é", "ü")]

  /// A file with `header` and `size` bytes of data.
  static func file(_ header: String, _ size: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) } + header.utf8
      + [UInt8](repeating: 0, count: size)
  }

  @Test func roundTrip() throws {
    let scratch = try Scratch()
    let path = scratch.file("model.safetensors")
    try SafeTensors.write(tensors: Self.tensors, metadata: Self.metadata, to: path)
    let file = try SafeTensors.read(path)
    #expect(file.names == Self.tensors.map(\.name))
    #expect(file.metadata == Dictionary(uniqueKeysWithValues: Self.metadata))
    for tensor in Self.tensors {
      #expect(file.shape(of: tensor.name) == tensor.shape)
      let values = try file.floats(named: tensor.name, shape: tensor.shape)
      #expect(values.map(\.bitPattern) == tensor.values.map(\.bitPattern))
    }
    #expect(file.shape(of: "none") == nil)
    #expect(scratch.contents == ["model.safetensors"])
  }

  @Test func bytesAreDeterministicAndAligned() throws {
    let scratch = try Scratch()
    let bytes = try SafeTensors.bytes(tensors: Self.tensors, metadata: Self.metadata)
    #expect(
      try bytes == SafeTensors.bytes(tensors: Self.tensors, metadata: Self.metadata.reversed()))
    let path = scratch.file("x")
    try SafeTensors.write(tensors: Self.tensors, metadata: Self.metadata, to: path)
    #expect(try contents(of: path) == bytes)
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0 && bytes.count == 8 + length + 4 * 8)
  }

  @Test func layoutIsAsSpecified() throws {
    let bytes = try SafeTensors.bytes(tensors: [("a", [1], [1])], metadata: [("k", "v")])
    let header =
      #"{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let length = UInt8(padded.utf8.count)
    #expect(bytes == [length, 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8) + [0, 0, 0x80, 0x3F])
  }

  @Test func noTensorsAreAFile() throws {
    let file = try SafeTensors.parse(SafeTensors.bytes(tensors: []), path: "x")
    #expect(file.names.isEmpty && file.metadata.isEmpty)
  }

  static let conversions: [(String, [UInt8], Float)] = [
    ("F16", [0x00, 0x3C], 1), ("F16", [0x00, 0xC0], -2), ("F16", [0x01, 0x00], 0x1p-24),
    ("F16", [0xFF, 0x7B], 65504), ("F16", [0x00, 0x7C], .infinity), ("F16", [0x00, 0x80], -0.0),
    ("BF16", [0x80, 0x3F], 1), ("BF16", [0x49, 0xC0], -3.140625),
    ("F32", [0, 0, 0x20, 0x41], 10),
    ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], 1.5),
  ]

  @Test(arguments: conversions)
  func floatingTypesAreConverted(_ dtype: String, _ data: [UInt8], _ value: Float) throws {
    let header = #"{"a":{"dtype":"\#(dtype)","shape":[1],"data_offsets":[0,\#(data.count)]}}"#
    let file = try SafeTensors.parse(Self.file(header, 0) + data, path: "x")
    #expect(try file.floats(named: "a").map(\.bitPattern) == [value.bitPattern])
  }

  @Test func otherTypesAndNamesAreRefused() throws {
    for (dtype, word) in [("I64", "integers (I64)"), ("BOOL", "integers"), ("F8_E4M3", "not supp")]
    {
      let size = dtype == "I64" ? 8 : 1
      let header = #"{"a":{"dtype":"\#(dtype)","shape":[1],"data_offsets":[0,\#(size)]}}"#
      let file = try SafeTensors.parse(Self.file(header, size), path: "x")
      expectFailure(.mismatch, [word]) { () throws(FileError) in try file.floats(named: "a") }
      #expect(try file.bytes(named: "a") == [UInt8](repeating: 0, count: size))
    }
    let file = try SafeTensors.parse(SafeTensors.bytes(tensors: Self.tensors), path: "x")
    expectFailure(.mismatch, ["no tensor \"b\"", "scalar"]) { () throws(FileError) in
      try file.floats(named: "b")
    }
    expectFailure(.mismatch, ["[2, 3]", "[3, 2]"]) { () throws(FileError) in
      try file.floats(named: "encoder.weight", shape: [3, 2])
    }
  }

  static let hostileHeaders: [(String, Int, String)] = [
    ("[]", 0, "begin with"), (" {}", 0, "begin with"), ("", 0, "begin with"),
    ("{}x", 0, "not valid JSON"), (#"{"a":1}"#, 0, "is a number, not an object"),
    (#"{"__metadata__":{"a":1}}"#, 0, "a number for \"a\""),
    (#"{"__metadata__":"a"}"#, 0, "string"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "appears twice"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "no data_offsets"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "no dtype"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no shape"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "unknown field \"x\""),
    (#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, 4, "unknown dtype \"F99\""),
    (#"{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}"#, 4, "no dtype"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "\"-1\" in its shape"),
    (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, 4, "\"1e0\" in its shape"),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "\"1.0\" in its shape"),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4, "shape"),
    (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4, "overflow"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "takes 4 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "not a begin and an end"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "not a begin and an end"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4, "not a begin and an end"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "truncated"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "belong to no tensor"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "belong to no tensor"),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, 6, "\"b\" overlaps"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#, 4, "overlaps"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, "appears twice"
    ),
    ("{}", 1, "belong to no tensor"),
    (#"{"a\n\u001b":{"dtype":"X","shape":[],"data_offsets":[]}}"#, 0, #"a\n\u{1b}"#),
  ]

  @Test(arguments: hostileHeaders)
  func hostileHeadersAreRefused(_ header: String, _ size: Int, _ word: String) throws {
    let scratch = try Scratch()
    let bytes = Self.file(header, size)
    let path = try scratch.file("x", bytes)
    expectFailure(.malformed, [word]) { () throws(FileError) in try SafeTensors.read(path) }
    expectFailure(.malformed, [word]) { () throws(FileError) in
      try SafeTensors.parse(bytes, path: "x")
    }
  }

  static let hostileLengths: [([UInt8], String)] = [
    ([], "truncated"), ([1, 2, 3, 4, 5, 6, 7], "truncated"),
    ([1, 0, 0, 0, 0, 0, 0, 0], "truncated"),
    ([0, 0, 0, 0, 1, 0, 0, 0], "4294967296 bytes"),
    ([UInt8](repeating: 255, count: 16), "at most"),
    ([0, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B], "truncated"),
  ]

  @Test(arguments: hostileLengths)
  func hostileLengthsAreRefused(_ bytes: [UInt8], _ word: String) throws {
    let scratch = try Scratch()
    let file = try scratch.file("x", bytes)
    expectFailure(.malformed, [word]) { () throws(FileError) in try SafeTensors.read(file) }
    expectFailure(.malformed, [word]) { () throws(FileError) in
      try SafeTensors.parse(bytes, path: "x")
    }
  }

  @Test func filesOverTheLimitAreRefused() throws {
    let scratch = try Scratch()
    let path = try scratch.file("x", SafeTensors.bytes(tensors: Self.tensors))
    expectFailure(.malformed, ["too large"]) { () throws(FileError) in
      try SafeTensors.read(path, limit: 50)
    }
    expectFailure(.missing, []) { () throws(FileError) in
      try SafeTensors.read(scratch.file("none"))
    }
    expectFailure(.unwritable, []) { () throws(FileError) in
      try SafeTensors.write(tensors: Self.tensors, to: "\(path)/x")
    }
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func mutationsAreRefusedOrConsistent(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let valid = try SafeTensors.bytes(tensors: Self.tensors, metadata: Self.metadata)
    var accepted = 0
    for round in 0..<1000 {
      let bytes = mutated(valid, using: &generator)
      guard let file = try? SafeTensors.parse(bytes, path: "x") else { continue }
      accepted += 1
      for entry in file.entries {
        let count = entry.shape.reduce(1, *)
        #expect(entry.range.count == count * entry.dtype.size, "seed \(seed), round \(round)")
        if let values = try? file.floats(named: entry.name) {
          #expect(values.count == count, "seed \(seed), round \(round)")
        }
      }
    }
    #expect((1..<1000).contains(accepted), "seed \(seed)")
  }
}
