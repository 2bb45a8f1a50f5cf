import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct GzipTests {
  static let plain = (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 7) }

  @Test func magicDecides() {
    #expect(Gzip.isGzip([0x1F, 0x8B]) && Gzip.isGzip(gzip([])))
    for bytes: [UInt8] in [[], [0x1F], [0x8B, 0x1F], [0, 0, 8, 3]] {
      #expect(!Gzip.isGzip(bytes))
    }
  }

  @Test(arguments: [0, 1, 100, 1 << 18, 300_000])
  func roundTrip(_ count: Int) throws {
    let plain = Array(Self.plain[..<count])
    for level: Int32 in [0, 1, 9] {
      let packed = gzip(plain, level: level)
      #expect(try Gzip.inflate(packed, limit: count, path: "x") == plain)
    }
  }

  @Test func membersAreJoined() throws {
    let packed = gzip([1, 2]) + gzip([]) + gzip([3])
    #expect(try Gzip.inflate(packed, limit: 3, path: "x") == [1, 2, 3])
  }

  @Test func bombStopsAtTheLimit() {
    let bomb = gzip([UInt8](repeating: 0, count: 50_000_000), level: 9)
    #expect(bomb.count < 60_000)
    expectFailure(.malformed, ["x: inflates to more than the 1000 bytes"]) { () throws(FileError) in
      try Gzip.inflate(bomb, limit: 1000, path: "x")
    }
  }

  @Test func everyTruncationIsAnError() {
    let packed = gzip(Array(Self.plain[..<500]))
    for count in 0..<packed.count {
      expectFailure(.malformed, ["truncated"]) { () throws(FileError) in
        try Gzip.inflate(Array(packed[..<count]), limit: 500, path: "x")
      }
    }
  }

  @Test func damageIsAnError() {
    let packed = gzip(Array(Self.plain[..<500]))
    var wrongCRC = packed
    wrongCRC[packed.count - 8] ^= 1
    var wrongLength = packed
    wrongLength[packed.count - 1] ^= 1
    let cases: [([UInt8], String)] = [
      (wrongCRC, "incorrect data check"), (wrongLength, "incorrect length check"),
      (packed + [0], "truncated"), (packed + [0, 0, 0], "trailing garbage"),
      (packed + [UInt8]("hello".utf8), "trailing garbage"), ([1, 2, 3, 4], "damaged gzip"),
    ]
    for (bytes, word) in cases {
      expectFailure(.malformed, [word]) { () throws(FileError) in
        try Gzip.inflate(bytes, limit: 1000, path: "x")
      }
    }
  }

  @Test(arguments: [false, true])
  func streamHandsOutWhatIsAsked(_ packed: Bool) throws {
    let scratch = try Scratch()
    let bytes = packed ? gzip(Self.plain) + gzip([7, 7]) : Self.plain + [7, 7]
    var reader = try InflatingReader(try scratch.file("in", bytes))
    #expect(try reader.read(upTo: 0) == [])
    #expect(try reader.read(upTo: 5) == Array(Self.plain[..<5]))
    #expect(reader.largestRest >= 299_997)
    #expect(try reader.read(upTo: 299_996) == Array(Self.plain[5...]) + [7])
    #expect(try reader.read(upTo: .max) == [7])
    #expect(try reader.read(upTo: .max) == [])
  }

  @Test(arguments: [[], [1], [0x1F], [1, 2, 3]] as [[UInt8]])
  func shortFilesAreRead(_ bytes: [UInt8]) throws {
    let scratch = try Scratch()
    var reader = try InflatingReader(try scratch.file("in", bytes))
    #expect(try reader.read(upTo: 10) == bytes)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func mutationsNeverPassTheLimit(_ seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let packed = gzip(Array(Self.plain[..<2000]))
    var accepted = 0
    for round in 0..<500 {
      // The checksum refuses nearly every change but some of the header, which is 10 bytes long.
      let bytes =
        round.isMultiple(of: 2)
        ? mutated(packed, using: &generator)
        : mutated(Array(packed[..<10]), using: &generator) + packed[10...]
      if let plain = try? Gzip.inflate(bytes, limit: 3000, path: "x") {
        accepted += 1
        #expect(plain.count <= 3000, "seed \(seed), round \(round)")
      }
    }
    #expect((1..<500).contains(accepted), "seed \(seed)")
  }
}
