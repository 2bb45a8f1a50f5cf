import CPUBackend
import Testing

/// How products of odd sizes are cut.
@Suite("Tile grids of odd sizes") struct TileGridTests {
  private static let extents = [1, 2, 11, 12, 13, 15, 16, 17, 31, 33, 47, 49, 384, 385, 1023]

  @Test(arguments: extents, [1, 2, 3, 5, 64])
  func `tiles are disjoint, none is empty and they cover the result`(_ m: Int, _ threads: Int) {
    for n in Self.extents {
      for k in [1, 20, 257, 4096] {
        let grid = TileGrid(m: m, n: n, k: k, threads: threads)
        var rows = 0
        for index in 0..<grid.rows.count {
          #expect(grid.rows[index].lowerBound == rows && !grid.rows[index].isEmpty)
          rows = grid.rows[index].upperBound
        }
        var columns = 0
        for index in 0..<grid.columns.count {
          #expect(grid.columns[index].lowerBound == columns && !grid.columns[index].isEmpty)
          columns = grid.columns[index].upperBound
        }
        #expect(rows == m && columns == n)
        let cut = (0..<grid.count).map { grid[$0] }
        let isProduct = cut.indices.allSatisfy {
          cut[$0].rows == grid.rows[$0 / grid.columns.count]
            && cut[$0].columns == grid.columns[$0 % grid.columns.count]
        }
        #expect(isProduct && grid.count <= 4 * threads)
      }
    }
  }

  @Test(arguments: [1, 2, 16])
  func `a product of a few microseconds stays with one thread`(_ threads: Int) {
    #expect(TileGrid(m: 99, n: 100, k: 20, threads: threads).count == 1)
    #expect(TileGrid(m: 1, n: 1, k: 1, threads: threads).count == 1)
    #expect(TileGrid(m: 1, n: 1, k: 1_000_000, threads: threads).count == 1)
  }

  @Test func `one row or one column is cut along the other`() {
    let row = TileGrid(m: 1, n: 4000, k: 1000, threads: 4)
    #expect(row.rows.count == 1 && row.columns.count >= 4)
    let column = TileGrid(m: 4000, n: 1, k: 1000, threads: 4)
    #expect(column.columns.count == 1 && column.rows.count >= 4)
  }

  @Test func `a result without elements has one empty tile`() {
    for (m, n) in [(0, 5), (5, 0), (0, 0)] {
      let grid = TileGrid(m: m, n: n, k: 3, threads: 2)
      #expect(grid.count == 1)
      #expect(grid[0].rows == 0..<m && grid[0].columns == 0..<n)
    }
  }
}
