import Datasets
import FileFormats
import TestSupport
import Testing

@Suite struct IDXTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// An IDX file of `sizes` with `count` bytes of data, as many as it should have by default.
  static func idx(_ magic: UInt32, _ sizes: [UInt32], count: Int? = nil) -> [UInt8] {
    let count = count ?? sizes.reduce(1) { $0 * Int($1) }
    return ([magic] + sizes).flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    } + (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  }

  @Test(arguments: [false, true])
  func validFilesAreRead(_ packed: Bool) throws {
    let images = Self.idx(IDX.imagesMagic, [3, 4, 5])
    let path = try scratch.file("images", packed ? gzip(images) : images)
    let read = try IDX.readImages(path)
    #expect((read.count, read.height, read.width) == (3, 4, 5))
    #expect(read.pixels == Array(images[16...]))
    let labels = Self.idx(IDX.labelsMagic, [9])
    let labelPath = try scratch.file("labels.gz", packed ? gzip(labels) : labels)
    #expect(try IDX.readLabels(labelPath) == Array(labels[8...]))
  }

  @Test func imagesWithChannelsAreRead() throws {
    let images = Self.idx(IDX.channelsMagic, [3, 4, 5, 2])
    let read = try IDX.readImages(try scratch.file("images", images))
    #expect((read.count, read.height, read.width, read.channels) == (3, 4, 5, 2))
    #expect(read.pixels == Array(images[20...]))
  }

  static let hostileFiles: [([UInt8], String)] = [
    (
      idx(0x801, [2], count: 2),
      "0x00000801, and an IDX file of images has 0x00000803 (with channels 0x00000804); it holds"
    ),
    (idx(0x805, [1, 1, 1, 1, 1]), "0x00000805"), (idx(0x804, [1, 1, 1]), "truncated"),
    (idx(0x804, [1, 1, 1, 0]), "dimension of zero"), ([0x1F, 0, 0, 0], "0x1f000000"),
    (idx(0x803, [0, 28, 28]), "dimension of zero (0 x 28 x 28)"),
    (idx(0x803, [1, 0, 28]), "dimension of zero"), (idx(0x803, [1, 28, 0]), "dimension of zero"),
    (idx(0x803, [.max, .max, .max], count: 10), "beyond the limit"),
    (idx(0x803, [1 << 16, 1 << 16, 2], count: 10), "beyond the limit"),
    (idx(0x803, [1 << 16, 1 << 15, 2], count: 10), "truncated"),
    (idx(0x803, [2, 3, 4], count: 23), "truncated"),
    (idx(0x803, [2, 3, 4], count: 25), "more data than the 24 bytes"),
    (idx(0x803, [2, 3], count: 0), "truncated"), ([], "truncated"), ([0, 0, 8], "truncated"),
  ]

  @Test(arguments: hostileFiles)
  func hostileFilesAreRefused(_ bytes: [UInt8], _ word: String) throws {
    for (name, content) in [("plain", bytes), ("packed", gzip(bytes))] {
      let path = try scratch.file(name, content)
      expectFailure(.malformed, [word]) { () throws(FileError) in try IDX.readImages(path) }
    }
  }

  @Test func imagesAreNotLabels() throws {
    let path = try scratch.file("x", Self.idx(IDX.imagesMagic, [2, 3, 4]))
    expectFailure(.malformed, ["0x00000803", "0x00000801", "labels belongs here"]) {
      () throws(FileError) in try IDX.readLabels(path)
    }
  }

  @Test func bombStopsAfterThePromisedBytes() throws {
    let bytes = Self.idx(IDX.imagesMagic, [1, 2, 2], count: 4)
    let bomb = gzip(bytes + [UInt8](repeating: 0, count: 50_000_000), level: 9)
    let path = try scratch.file("bomb.gz", bomb)
    expectFailure(.malformed, ["more data than the 4 bytes"]) { () throws(FileError) in
      try IDX.readImages(path)
    }
  }

  @Test func damagedGzipIsRefused() throws {
    let packed = gzip(Self.idx(IDX.imagesMagic, [10, 10, 10]))
    for count in [2, 10, 18, packed.count / 2, packed.count - 8, packed.count - 1] {
      let path = try scratch.file("cut", Array(packed[..<count]))
      expectFailure(.malformed, ["truncated"]) { () throws(FileError) in try IDX.readImages(path) }
    }
    var wrong = packed
    wrong[wrong.count - 5] ^= 0x10
    for (bytes, word) in [(wrong, "incorrect data check"), (packed + [1, 2, 3], "garbage")] {
      let path = try scratch.file("damaged", bytes)
      expectFailure(.malformed, [word]) { () throws(FileError) in try IDX.readImages(path) }
    }
  }

  @Test func placesWithoutAFileHaveCodes() {
    expectFailure(.missing, []) { () throws(FileError) in try IDX.readImages("/nonexistent") }
    expectFailure(.unreadable, ["directory"]) { () throws(FileError) in
      try IDX.readLabels(scratch.path)
    }
  }

  @Test(arguments: [41, 42, 43] as [UInt64])
  func mutationsAreRefusedOrConsistent(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let plain = Self.idx(IDX.imagesMagic, [3, 4, 5])
    let packed = gzip(plain)
    var accepted = 0
    for round in 0..<400 {
      let bytes = mutated(round.isMultiple(of: 2) ? plain : packed, using: &generator)
      let path = try scratch.file("x", bytes)
      if let read = try? IDX.readImages(path) {
        accepted += 1
        #expect(
          read.pixels.count == read.count * read.height * read.width,
          "seed \(seed), round \(round)")
      }
      _ = try? IDX.readLabels(path)
    }
    // A loop that only ever refused, or only ever read, would show nothing.
    #expect((1..<400).contains(accepted), "seed \(seed)")
  }
}
