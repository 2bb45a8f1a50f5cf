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
  /// The product in float32.
  private let gemm: vae_gemm
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
    gemm = vae_gemm(multiply, a: a, b: b, c: c, instructions: backend.instructions)
    realType = backend.realType
    bf16 =
      multiply.precision == .bf16 && realType == .float32
      ? vae_bf16_best(backend.instructions.level) : nil
    grid = TileGrid(
      multiply, threads: backend.pool.threadCount, kernel: bf16.map { .bf16($0) } ?? .float32)
    var epilogue: CPUEpilogue?
    if let description = multiply.epilogue {
      epilogue = try CPUEpilogue(
        description, of: multiply.c, columns: multiply.n, backend: backend)
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
    var gemm = gemm
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

extension vae_gemm {
  init(
    _ multiply: MatrixMultiply, a: UnsafeMutableRawPointer, b: UnsafeMutableRawPointer,
    c: UnsafeMutableRawPointer, instructions: InstructionSet
  ) {
    let (images, geometry): (vae_images, vae_geometry) =
      switch multiply.images {
      case .a(let geometry): (VAE_IMAGES_A, vae_geometry(geometry))
      case .b(let geometry): (VAE_IMAGES_B, vae_geometry(geometry))
      case .c(let geometry): (VAE_NO_IMAGES, vae_geometry(geometry))
      case nil: (VAE_NO_IMAGES, vae_geometry())
      }
    self.init(
      a: a.assumingMemoryBound(to: Float.self), b: b.assumingMemoryBound(to: Float.self),
      c: c.assumingMemoryBound(to: Float.self), m: multiply.m, n: multiply.n, k: multiply.k,
      transpose_a: multiply.transposeA ? 1 : 0, transpose_b: multiply.transposeB ? 1 : 0,
      images: images, geometry: geometry, level: instructions.level)
  }
}

extension vae_geometry {
  init(_ geometry: ConvolutionGeometry) {
    self.init(
      height: geometry.height, width: geometry.width, channels: geometry.channels,
      out_height: geometry.outHeight, out_width: geometry.outWidth,
      kernel_height: geometry.kernelHeight, kernel_width: geometry.kernelWidth,
      stride: geometry.stride, padding: geometry.padding)
  }
}
