import CPUBackend
import Testing

@Suite("Tilings of matrix products") struct TilingTests {
  @Test(
    arguments: [(192, 12), (128, 32), (16, 16), (100, 1), (1, 5)],
    [0, 1, 11, 12, 13, 31, 32, 33, 128, 129, 192, 193, 784, 1000, 4097])
  func `tiles cover an extent once and are near the target`(
    _ sizes: (target: Int, multiple: Int), _ extent: Int
  ) {
    let (target, multiple) = sizes
    let tiling = Tiling(extent: extent, target: target, multiple: multiple)
    var position = 0
    for piece in 0..<tiling.count {
      #expect(tiling[piece].lowerBound == position)
      #expect(tiling[piece].count <= target + multiple)
      #expect(piece == tiling.count - 1 || tiling[piece].count % multiple == 0)
      position = tiling[piece].upperBound
    }
    #expect(position == extent)
  }
}
