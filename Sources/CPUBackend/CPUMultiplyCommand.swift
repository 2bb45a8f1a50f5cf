import CKernels
import COpenBLAS
import Compute

/// A matrix product cut into tiles of the result, one task each; the epilogue follows while a tile is in cache, and the
/// sums of op(A)'s rows are more tasks.
///
/// float32 uses the engine's own kernel (Sources/CKernels/gemm.c): its sum over k has one order, so tiling and threads
/// do not change a bit and OpenCL devices that add in order agree exactly. bf16 has kernels of its own (gemm_bf16.c).
/// float64, the reference, uses OpenBLAS.
struct CPUMultiplyCommand: CPUCommand {
  let kernel = "gemm"
  private let multiply: MatrixMultiply
  private let a: UnsafeMutableRawPointer
  private let b: UnsafeMutableRawPointer
  private let c: UnsafeMutableRawPointer
  private let realType: RealType
  /// nil: operands as they are.
  private let bf16: vae_bf16_kernel?
  private let grid: TileGrid
  private let epilogue: CPUEpilogue?
  private let rowSums: CPUKernelCommand?

  init(_ multiply: MatrixMultiply, backend: CPUBackend) throws(ComputeError) {
    self.multiply = multiply
    a = backend.address(of: multiply.a)
    b = backend.address(of: multiply.b)
    c = backend.address(of: multiply.c)
    realType = backend.realType
    bf16 = multiply.precision == .bf16 && realType == .float32 ? vae_bf16_best() : nil
    grid = TileGrid(
      multiply, threads: backend.pool.threadCount, kernel: bf16.map { .bf16($0) } ?? .float32)
    var epilogue: CPUEpilogue?
    if let description = multiply.epilogue {
      epilogue = try CPUEpilogue(description, of: multiply, backend: backend)
    }
    self.epilogue = epilogue
    var rowSums: CPUKernelCommand?
    if let launch = multiply.rowSumsLaunch {
      rowSums = try CPUKernelCommand(launch, backend: backend)
    }
    self.rowSums = rowSums
  }

  func run(on pool: WorkerPool) {
    let tiles = grid.count
    let pieces = rowSums?.pieces(threads: pool.threadCount) ?? 0
    pool.run(tasks: tiles + pieces) { task in
      guard task < tiles else {
        rowSums?.run(piece: task - tiles, of: pieces)
        return
      }
      let (rows, columns) = grid[task]
      switch realType {
      case .float32: runSingle(rows, columns)
      case .float64: runDouble(rows, columns)
      }
      epilogue?.run(rows, columns)
    }
  }

  private func runSingle(_ row: Range<Int>, _ column: Range<Int>) {
    var gemm = vae_gemm(
      a: a.assumingMemoryBound(to: Float.self), b: b.assumingMemoryBound(to: Float.self),
      c: c.assumingMemoryBound(to: Float.self), m: multiply.m, n: multiply.n, k: multiply.k,
      transpose_a: multiply.transposeA ? 1 : 0, transpose_b: multiply.transposeB ? 1 : 0)
    let (m0, m1) = (row.lowerBound, row.upperBound)
    let (n0, n1) = (column.lowerBound, column.upperBound)
    if let bf16 {
      vae_gemm_bf16_tile(&gemm, bf16, m0, m1, n0, n1)
    } else {
      vae_gemm_tile(&gemm, m0, m1, n0, n1)
    }
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

/// The epilogue of a product on one tile: its kernel, run on each row's part of the tile.
struct CPUEpilogue {
  private let function: vae_kernel_function
  private let c: UnsafeMutableRawPointer
  private let operand: UnsafeMutableRawPointer
  private let isColumn: Bool
  private let stride: Int
  private let size: Int
  // Keeps the operand alive for as long as the command.
  private let buffer: any DeviceBuffer

  init(
    _ epilogue: MatrixEpilogue, of multiply: MatrixMultiply, backend: CPUBackend
  ) throws(ComputeError) {
    function = try backend.kernels.function(named: epilogue.kernel)
    c = backend.address(of: multiply.c)
    operand = backend.address(of: epilogue.view)
    buffer = epilogue.view.buffer
    if case .column = epilogue.operand { isColumn = true } else { isColumn = false }
    stride = multiply.n
    size = backend.realType.byteCount
  }

  func run(_ rows: Range<Int>, _ columns: Range<Int>) {
    let offset = (rows.lowerBound * stride + columns.lowerBound) * size
    let arguments = [
      vae_argument(pointer: c + offset),
      vae_argument(pointer: operand + (isColumn ? columns.lowerBound * size : offset)),
      vae_argument(uint_value: UInt32(columns.count)), vae_argument(uint_value: UInt32(stride)),
    ]
    function(arguments, 0, rows.count)
  }
}
