import FileFormats
import TestSupport
import Testing

@Suite struct PNGImageTests {
  static func picture(_ width: Int, _ height: Int, _ channels: Int) throws -> PNGImage {
    let pixels = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 1) }
    return try PNGImage(width: width, height: height, channels: channels, pixels: pixels)
  }

  @Test(arguments: [1, 3], [(1, 1), (1, 7), (28, 28), (301, 200)])
  func roundTrip(_ channels: Int, _ size: (Int, Int)) throws {
    let scratch = try Scratch()
    let picture = try Self.picture(size.0, size.1, channels)
    let path = scratch.file("x.png")
    try picture.write(to: path)
    #expect(try PNGImage.read(path) == picture)
    #expect(try contents(of: path) == picture.encoded())
    #expect(scratch.contents == ["x.png"])
  }

  @Test func noiseFits() throws {
    var generator = SeededGenerator(state: 1)
    let pixels = (0..<300 * 300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let picture = try PNGImage(width: 300, height: 300, channels: 1, pixels: pixels)
    #expect(try PNGImage.decode(picture.encoded(), path: "x") == picture)
  }

  @Test func brokenFilesAreRefused() throws {
    let valid = try Self.picture(20, 20, 1).encoded()
    for bytes in [[], [1, 2, 3], Array(valid[..<30]), Array(valid[..<(valid.count / 2)])] {
      expectFailure(.malformed, ["not a readable PNG"]) { () throws(FileError) in
        try PNGImage.decode(bytes, path: "x")
      }
    }
    expectFailure(.missing, []) { () throws(FileError) in try PNGImage.read("/nonexistent.png") }
    let picture = try Self.picture(1, 1, 1)
    expectFailure(.unwritable, []) { () throws(FileError) in
      try picture.write(to: "/nonexistent/x.png")
    }
  }

  @Test(arguments: [31, 32] as [UInt64])
  func mutationsNeverCrash(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let valid = try Self.picture(12, 9, 3).encoded()
    var accepted = 0
    for round in 0..<500 {
      // The sizes in bytes 16 to 23 stay, so that no mutation asks for a gigabyte.
      let tail = mutated(Array(valid[24...]), using: &generator)
      if let read = try? PNGImage.decode(valid[..<24] + tail, path: "x") {
        accepted += 1
        #expect(read.pixels.count == 12 * 9 * read.channels, "seed \(seed), round \(round)")
      }
    }
    #expect((1..<500).contains(accepted), "seed \(seed)")
  }
}

@Suite struct ImageGridTests {
  @Test func picturesLieInRows() throws {
    let grid = try ImageGrid.compose(
      images: [0, 1, 0.5], count: 3, height: 1, width: 1, channels: 1, columns: 2, padding: 1)
    let grey = ImageGrid.background
    #expect(grid.width == 5 && grid.height == 5 && grid.channels == 1)
    #expect(
      grid.pixels == [
        grey, grey, grey, grey, grey, grey, 0, grey, 255, grey, grey, grey, grey, grey, grey, grey,
        128, grey, grey, grey, grey, grey, grey, grey, grey,
      ])
  }

  @Test func pixelsAreRepeated() throws {
    let grid = try ImageGrid.compose(
      images: [0, 1, 1, 0, 0, 1], count: 1, height: 1, width: 2, channels: 3, columns: 8,
      padding: 0,
      scale: 2)
    let row: [UInt8] = [0, 255, 255, 0, 255, 255, 0, 0, 255, 0, 0, 255]
    #expect(grid.width == 4 && grid.height == 2 && grid.pixels == row + row)
  }

  @Test func valuesAreClamped() throws {
    let values: [Float] = [-1, 2, .nan, .infinity, -.infinity, 1, 0, -0.0]
    let grid = try ImageGrid.compose(
      images: values, count: 1, height: 1, width: 8, channels: 1, columns: 1, padding: 0)
    #expect(grid.pixels == [0, 255, 0, 255, 0, 255, 0, 0])
  }
}
