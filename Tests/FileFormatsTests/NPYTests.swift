import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct NPYTests {
  /// A file with `header` as a version `version` header and `data`.
  static func file(_ header: String, version: UInt8 = 1, _ data: [UInt8]) -> [UInt8] {
    let length = header.utf8.count
    let low = [UInt8(length & 255), UInt8(length >> 8 & 255)]
    return [0x93] + "NUMPY".utf8 + [version, 0] + low + (version == 1 ? [] : [0, 0]) + header.utf8
      + data
  }

  @Test(arguments: [[], [0], [1], [5], [2, 3], [1, 2, 3, 4], [3, 0]] as [[Int]])
  func roundTrip(_ shape: [Int]) throws {
    let scratch = try Scratch()
    let values = (0..<shape.reduce(1, *)).map { Float($0) - 1.25 }
    let path = scratch.file("x.npy")
    try NPY.write(shape: shape, values: values, to: path)
    let read = try NPY.read(path)
    #expect(read.shape == shape && read.values == values)
    let bytes = try contents(of: path)
    #expect(try bytes == NPY.bytes(shape: shape, values: values))
    #expect((bytes.count - 4 * values.count) % 64 == 0)
    #expect(bytes[bytes.count - 4 * values.count - 1] == UInt8(ascii: "\n"))
  }

  @Test func headerIsAsNumPyWritesIt() throws {
    let bytes = try NPY.bytes(shape: [3], values: [0, 1, 2])
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
    #expect(bytes[..<10] == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0])
    #expect(String(decoding: bytes[10..<128], as: UTF8.self).hasPrefix(text + " "))
    #expect(bytes[128...] == [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func versionsAndTypesAreRead(_ version: UInt8) throws {
    let bytes = Self.file(
      "{\"shape\": (2, 1), 'fortran_order': False, 'descr': '|u1'}\n", version: version, [0, 255])
    let read = try NPY.parse(bytes, path: "x")
    #expect(read.shape == [2, 1] && read.values == [0, 255])
    let doubles = Self.file(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", version: version,
      [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    #expect(try NPY.parse(doubles, path: "x").values == [1.5])
  }

  static let hostileHeaders: [(String, FileError.Code, String)] = [
    ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", FileError.Code.mismatch, "|O"),
    ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", .mismatch, ">f4"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", .mismatch, "structured"),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", .mismatch, "Fortran"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", .malformed, "neither True"),
    ("{'descr': '<f4', 'fortran_order': False}", .malformed, "missing"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", .malformed, "4 bytes of data"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", .malformed, "not a tuple"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", .malformed, "not an integer"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", .malformed, "not an integer"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", .malformed, "\"x\""),
    ("{'shape': (1,), 'shape': (1,)}", .malformed, "twice"), ("", .malformed, "expected \"{\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", .malformed, "after the dict"),
    ("{'descr': '<f4", .malformed, "no end"), ("{'descr", .malformed, "no end"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", .malformed,
      "overflows"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", .malformed,
      "not an integer"
    ),
  ]

  @Test(arguments: hostileHeaders)
  func hostileHeadersAreRefused(_ header: String, _ code: FileError.Code, _ word: String) {
    expectFailure(code, [word]) { () throws(FileError) in
      try NPY.parse(Self.file(header, [0, 0, 0, 0]), path: "x")
    }
  }

  @Test func hostileFramesAreRefused() throws {
    let valid = try NPY.bytes(shape: [1], values: [1])
    let huge = Self.file(String(repeating: " ", count: 10_001), version: 2, [])
    let cases: [([UInt8], String)] = [
      ([], "magic"), (Array("PK".utf8), "magic"), (Array(valid[..<9]), "magic"),
      (Array(valid[..<50]), "truncated"), (Array(valid.dropLast()), "3 bytes of data"),
      (valid + [0], "5 bytes of data"), (Self.file("", version: 4, []), "version 4.0"),
      (Self.file("", version: 0, []), "version 0.0"), (huge, "at most 10000"),
      (Array(Self.file("", version: 2, [])[..<11]), "truncated"),
    ]
    for (bytes, word) in cases {
      expectFailure(.malformed, [word]) { () throws(FileError) in
        try NPY.parse(bytes, path: "x")
      }
    }
    expectFailure(.missing, []) { () throws(FileError) in try NPY.read("/nonexistent.npy") }
  }

  @Test(arguments: [21, 22] as [UInt64])
  func mutationsAreRefusedOrConsistent(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let valid = try NPY.bytes(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
    var accepted = 0
    for round in 0..<1000 {
      let bytes = mutated(valid, using: &generator)
      if let read = try? NPY.parse(bytes, path: "x") {
        accepted += 1
        #expect(read.values.count == read.shape.reduce(1, *), "seed \(seed), round \(round)")
      }
    }
    #expect((1..<1000).contains(accepted), "seed \(seed)")
  }
}
