import Compute

/// How a matrix product is cut into tasks for a number of threads: rows in multiples of the kernel's 12, columns in
/// multiples of 16, so that the slowest thread has as little to do as possible. Results do not depend on the cut.
package struct TileGrid {
  package let rows: Tiling
  package let columns: Tiling

  package init(_ multiply: MatrixMultiply, threads: Int) {
    self.init(m: multiply.m, n: multiply.n, k: multiply.k, threads: threads)
  }

  package init(m: Int, n: Int, k: Int, threads: Int) {
    var best = (cost: Double.infinity, rows: 1, columns: 1)
    // A product of a few microseconds is not worth waking anybody for.
    let most = 2 * m * n * k < 400_000 ? 1 : 4 * threads
    for rowPieces in 1...max(1, min(most, (m + 11) / 12)) {
      for columnPieces in 1...max(1, min(most, (n + 15) / 16)) {
        let rows = Tiling(extent: m, pieces: rowPieces, multiple: 12)
        let columns = Tiling(extent: n, pieces: columnPieces, multiple: 16)
        let tasks = rows.count * columns.count
        guard tasks <= 4 * threads else { continue }
        // In multiply-adds of a vector of 16: the products of a tile, and the packing of its operands and the start of
        // a task at what they were measured to cost.
        let height = Double(min(rows.size, m))
        let width = Double(min(columns.size, n))
        let depth = Double(k)
        let tile = height * width * depth / 16 + (height + width) * depth / 2 + 4000
        let cost = Double((tasks + threads - 1) / threads) * tile
        if cost < best.cost { best = (cost, rowPieces, columnPieces) }
      }
    }
    rows = Tiling(extent: m, pieces: best.rows, multiple: 12)
    columns = Tiling(extent: n, pieces: best.columns, multiple: 16)
  }

  package var count: Int { rows.count * columns.count }

  package subscript(_ tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (rows[tile / columns.count], columns[tile % columns.count])
  }
}

/// An extent cut into even pieces, each but the last a multiple of a tile.
package struct Tiling {
  package let extent: Int
  package let size: Int

  package init(extent: Int, pieces: Int, multiple: Int) {
    self.extent = extent
    size = max(1, ((extent + pieces - 1) / pieces + multiple - 1) / multiple) * multiple
  }

  package var count: Int { max(1, (extent + size - 1) / size) }

  package subscript(_ piece: Int) -> Range<Int> {
    (piece * size)..<min(extent, (piece + 1) * size)
  }
}
