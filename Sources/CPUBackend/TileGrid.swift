import CKernels
import Compute

/// How a matrix product is cut into tasks for a number of threads, so that the slowest thread has as little to do as
/// possible. Results do not depend on the cut.
package struct TileGrid {
  /// What a kernel's tiles are made of and what they cost, in float32 multiply-adds of a vector of 16, as measured.
  package struct Kernel: Sendable {
    /// Rows and columns are cut at multiples of these: what the kernel works on at once, or a part of it that is as fast.
    let rows: Int
    let columns: Int
    /// Of a product of two elements, of packing an element of an operand, of storing an element of the result.
    let product: Double
    let packing: Double
    var storing = 0.0
    package static let float32 = Kernel(rows: 4, columns: 16, product: 1 / 16, packing: 1 / 2)
    /// For bf16 operands.
    package static func bf16(_ kind: vae_bf16_kernel) -> Kernel {
      Kernel(
        rows: 16, columns: 16, product: kind == VAE_BF16_AMX ? 1 / 160 : 1 / 8, packing: 1.1,
        storing: 1.4)
    }

    func cost(_ height: Int, _ width: Int, _ depth: Int) -> Double {
      let (height, width, depth) = (Double(height), Double(width), Double(depth))
      return height * width * (depth * product + storing) + (height + width) * depth * packing
    }
  }

  package let rows: Tiling
  package let columns: Tiling

  package init(_ multiply: MatrixMultiply, threads: Int, kernel: Kernel = .float32) {
    self.init(m: multiply.m, n: multiply.n, k: multiply.k, threads: threads, kernel: kernel)
  }

  package init(m: Int, n: Int, k: Int, threads: Int, kernel: Kernel = .float32) {
    var best = (cost: Double.infinity, rows: 1, columns: 1)
    // A product of a few microseconds is not worth waking anybody for.
    let most = Double(m * n * k) * kernel.product < 12_500 ? 1 : 4 * threads
    let (height, width) = (kernel.rows, kernel.columns)
    for rowPieces in 1...max(1, min(most, (m + height - 1) / height)) {
      for columnPieces in 1...max(1, min(most, (n + width - 1) / width)) {
        let rows = Tiling(extent: m, pieces: rowPieces, multiple: height)
        let columns = Tiling(extent: n, pieces: columnPieces, multiple: width)
        let tasks = rows.count * columns.count
        guard tasks <= 4 * threads else { continue }
        // 4000: the start of a task.
        let tile = kernel.cost(min(rows.size, m), min(columns.size, n), k) + 4000
        let cost = Double((tasks + threads - 1) / threads) * tile
        if cost < best.cost { best = (cost, rowPieces, columnPieces) }
      }
    }
    rows = Tiling(extent: m, pieces: best.rows, multiple: height)
    columns = Tiling(extent: n, pieces: best.columns, multiple: width)
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
