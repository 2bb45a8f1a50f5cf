import FileFormats
import TestSupport
import Testing

/// Arguments that do not fit are errors that name the call, in release too.
@Suite("Arguments of the file formats") struct ArgumentTests {
  private func expect(_ call: String, _ body: () throws -> Void) {
    do {
      try body()
      Issue.record("\(call) was taken")
    } catch let error as ArgumentError {
      #expect(error.call == call)
    } catch {
      Issue.record("\(call): \(error)")
    }
  }

  @Test(arguments: [
    (0, 1, 1, 0), (-1, -1, 1, 1), (1, 1_000_001, 1, 1_000_001), (1, 1, 1, 2), (1, 1, 2, 2),
    (2, 2, 3, 11), (.max, .max, 3, 3), (1, 1, .min, 1),
  ])
  func `a picture has as many pixels as its sizes say`(
    _ width: Int, _ height: Int, _ channels: Int, _ count: Int
  ) {
    #expect(throws: ArgumentError.self) {
      try PNGImage(
        width: width, height: height, channels: channels,
        pixels: [UInt8](repeating: 0, count: count))
    }
  }

  @Test func `a grid has as many pictures as it has values for`() {
    func compose(
      _ values: Int, count: Int = 1, height: Int = 1, width: Int = 1, channels: Int = 1,
      columns: Int = 1, padding: Int = 2, scale: Int = 1
    ) throws {
      _ = try ImageGrid.compose(
        images: [Float](repeating: 0, count: values), count: count, height: height, width: width,
        channels: channels, columns: columns, padding: padding, scale: scale)
    }
    expect("ImageGrid.compose(images)") { try compose(2) }
    expect("ImageGrid.compose(images)") { try compose(1, count: 2) }
    expect("ImageGrid.compose(images)") { try compose(0, count: .max, height: 3, width: 3) }
    expect("ImageGrid.compose(channels)") { try compose(2, channels: 2) }
    for body in [
      { try compose(0, count: 0) }, { try compose(1, columns: 0) },
      { try compose(1, padding: -1) }, { try compose(1, scale: 0) },
      { try compose(1, scale: .max) }, { try compose(0, height: .max, width: .max) },
      { try compose(2, width: 2, scale: 1_000_000) },
    ] as [() throws -> Void] {
      expect("ImageGrid.compose(sizes)", body)
    }
  }

  @Test(arguments: [[2], [-1], [-1, -1], [.max, 2], []])
  func `an array has as many values as its shape says`(_ shape: [Int]) throws {
    expect("NPY.bytes") { _ = try NPY.bytes(shape: shape, values: [1, 2, 3]) }
    let scratch = try Scratch()
    expectFailure(.mismatch, []) { () throws(FileError) in
      try NPY.write(shape: shape, values: [1, 2, 3], to: scratch.file("x"))
    }
    #expect(scratch.contents == [])
  }

  @Test(
    arguments: [
      ([("a", [2], [1])], []), ([("a", [-1, -1], [1])], []), ([("a", [.max, 2], [])], []),
      ([("__metadata__", [1], [1])], []), ([("a", [1], [1]), ("a", [1], [1])], []),
      ([("a", [1], [1])], [("k", "v"), ("k", "w")]),
    ] as [([(name: String, shape: [Int], values: [Float])], [(String, String)])])
  func `a safetensors file has unique names and as many values as its shapes say`(
    _ tensors: [(name: String, shape: [Int], values: [Float])], _ metadata: [(String, String)]
  ) throws {
    expect("SafeTensors.bytes") { _ = try SafeTensors.bytes(tensors: tensors, metadata: metadata) }
    let scratch = try Scratch()
    expectFailure(.mismatch, []) { () throws(FileError) in
      try SafeTensors.write(tensors: tensors, metadata: metadata, to: scratch.file("x"))
    }
    #expect(scratch.contents == [])
  }
}
