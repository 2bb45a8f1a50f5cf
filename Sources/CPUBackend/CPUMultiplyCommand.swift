import CKernels
import COpenBLAS
import Compute

/// A matrix product cut into tiles of the result, one task each.
///
/// float32 uses the engine's own kernel (Sources/CKernels/gemm.c): its sum over k has one order, so tiling and threads
/// do not change a bit and OpenCL devices that add in order agree exactly. float64, the reference, uses OpenBLAS.
struct CPUMultiplyCommand: CPUCommand {
  private let multiply: MatrixMultiply
  private let a: UnsafeMutableRawPointer
  private let b: UnsafeMutableRawPointer
  private let c: UnsafeMutableRawPointer
  private let realType: RealType
  private let rows: Tiling
  private let columns: Tiling

  init(_ multiply: MatrixMultiply, backend: CPUBackend) {
    self.multiply = multiply
    a = backend.address(of: multiply.a)
    b = backend.address(of: multiply.b)
    c = backend.address(of: multiply.c)
    realType = backend.realType
    rows = Tiling(extent: multiply.m, target: 192, multiple: 12)
    columns = Tiling(extent: multiply.n, target: 128, multiple: 32)
  }

  func run(on pool: WorkerPool) {
    pool.run(tasks: rows.count * columns.count) { tile in
      let row = rows[tile / columns.count]
      let column = columns[tile % columns.count]
      switch realType {
      case .float32: runSingle(row, column)
      case .float64: runDouble(row, column)
      }
    }
  }

  private func runSingle(_ row: Range<Int>, _ column: Range<Int>) {
    var gemm = vae_gemm(
      a: a.assumingMemoryBound(to: Float.self), b: b.assumingMemoryBound(to: Float.self),
      c: c.assumingMemoryBound(to: Float.self), m: multiply.m, n: multiply.n, k: multiply.k,
      transpose_a: multiply.transposeA ? 1 : 0, transpose_b: multiply.transposeB ? 1 : 0)
    vae_gemm_tile(&gemm, row.lowerBound, row.upperBound, column.lowerBound, column.upperBound)
  }

  private func runDouble(_ row: Range<Int>, _ column: Range<Int>) {
    let lda = multiply.transposeA ? multiply.m : multiply.k
    let ldb = multiply.transposeB ? multiply.k : multiply.n
    let aOffset = multiply.transposeA ? row.lowerBound : row.lowerBound * lda
    let bOffset = multiply.transposeB ? column.lowerBound * ldb : column.lowerBound
    let cOffset = row.lowerBound * multiply.n + column.lowerBound
    cblas_dgemm(
      CblasRowMajor, multiply.transposeA ? CblasTrans : CblasNoTrans,
      multiply.transposeB ? CblasTrans : CblasNoTrans, blasint(row.count), blasint(column.count),
      blasint(multiply.k), 1, a.assumingMemoryBound(to: Double.self) + aOffset, blasint(lda),
      b.assumingMemoryBound(to: Double.self) + bOffset, blasint(ldb), 0,
      c.assumingMemoryBound(to: Double.self) + cOffset, blasint(multiply.n))
  }
}

/// An extent cut into even pieces near a target size, each but the last a multiple of a tile.
package struct Tiling {
  package let extent: Int
  package let size: Int

  package init(extent: Int, target: Int, multiple: Int) {
    let pieces = max(1, (extent + target - 1) / target)
    self.extent = extent
    size = max(1, ((extent + pieces - 1) / pieces + multiple - 1) / multiple) * multiple
  }

  package var count: Int { max(1, (extent + size - 1) / size) }

  package subscript(_ piece: Int) -> Range<Int> {
    (piece * size)..<min(extent, (piece + 1) * size)
  }
}
