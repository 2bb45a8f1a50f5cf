import COpenBLAS
import Compute

/// A matrix product cut into tiles of the result by shape alone; each tile is one single-threaded OpenBLAS call.
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
    rows = Tiling(extent: multiply.m, target: 256)
    columns = Tiling(extent: multiply.n, target: 160)
  }

  func run(on pool: WorkerPool) {
    pool.run(tasks: rows.count * columns.count) { tile in
      runTile(row: tile / columns.count, column: tile % columns.count)
    }
  }

  private func runTile(row: Int, column: Int) {
    let (m0, m) = rows[row]
    let (n0, n) = columns[column]
    let lda = multiply.transposeA ? multiply.m : multiply.k
    let ldb = multiply.transposeB ? multiply.k : multiply.n
    let aOffset = multiply.transposeA ? m0 : m0 * lda
    let bOffset = multiply.transposeB ? n0 * ldb : n0
    let cOffset = m0 * multiply.n + n0
    let transA = multiply.transposeA ? CblasTrans : CblasNoTrans
    let transB = multiply.transposeB ? CblasTrans : CblasNoTrans
    switch realType {
    case .float32:
      cblas_sgemm(
        CblasRowMajor, transA, transB, blasint(m), blasint(n), blasint(multiply.k), 1,
        a.assumingMemoryBound(to: Float.self) + aOffset, blasint(lda),
        b.assumingMemoryBound(to: Float.self) + bOffset, blasint(ldb), 0,
        c.assumingMemoryBound(to: Float.self) + cOffset, blasint(multiply.n))
    case .float64:
      cblas_dgemm(
        CblasRowMajor, transA, transB, blasint(m), blasint(n), blasint(multiply.k), 1,
        a.assumingMemoryBound(to: Double.self) + aOffset, blasint(lda),
        b.assumingMemoryBound(to: Double.self) + bOffset, blasint(ldb), 0,
        c.assumingMemoryBound(to: Double.self) + cOffset, blasint(multiply.n))
    }
  }
}

/// An extent cut into even pieces near a target size, each but the last a multiple of 16.
struct Tiling {
  let extent: Int
  let size: Int

  init(extent: Int, target: Int) {
    let pieces = max(1, (extent + target - 1) / target)
    self.extent = extent
    size = max(16, ((extent + pieces - 1) / pieces + 15) / 16 * 16)
  }

  var count: Int { max(1, (extent + size - 1) / size) }
  /// Start and length of a piece.
  subscript(_ piece: Int) -> (start: Int, length: Int) {
    (piece * size, min(size, extent - piece * size))
  }
}
