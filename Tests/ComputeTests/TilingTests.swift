import CPUBackend
import Testing

@Suite("Tiles of matrix products") struct TilingTests {
  @Test(
    arguments: [(1, 12), (3, 32), (16, 16), (100, 1), (7, 5)],
    [0, 1, 11, 12, 13, 31, 32, 33, 128, 129, 192, 193, 784, 1000, 4097])
  func `pieces cover an extent once, each but the last a multiple of the tile`(
    _ cut: (pieces: Int, multiple: Int), _ extent: Int
  ) {
    let tiling = Tiling(extent: extent, pieces: cut.pieces, multiple: cut.multiple)
    var position = 0
    #expect(tiling.count <= cut.pieces)
    for piece in 0..<tiling.count {
      #expect(tiling[piece].lowerBound == position)
      #expect(piece == tiling.count - 1 || tiling[piece].count % cut.multiple == 0)
      position = tiling[piece].upperBound
    }
    #expect(position == extent)
  }

  @Test(
    arguments: [(128, 400, 784), (784, 400, 128), (1, 1, 1), (40, 400, 128), (2048, 2048, 512)],
    [1, 2, 3, 8, 64])
  func `a grid covers the result once and keeps every thread busy`(
    _ shape: (m: Int, n: Int, k: Int), _ threads: Int
  ) {
    let grid = TileGrid(m: shape.m, n: shape.n, k: shape.k, threads: threads)
    var covered = 0
    var largest = 0
    for tile in 0..<grid.count {
      let (rows, columns) = grid[tile]
      covered += rows.count * columns.count
      largest = max(largest, rows.count * columns.count)
    }
    #expect(covered == shape.m * shape.n)
    #expect(grid.count <= 4 * threads)
    let isLarge = shape.m * shape.n * shape.k > 10_000_000
    if isLarge && threads <= 8 {
      #expect(largest * threads <= covered * 5 / 4 + 12 * 16)
    }
  }
}
