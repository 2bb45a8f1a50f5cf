import CKernels
import Compute

/// A float32 product that is folded to images, a few of them or a few of their lines at a time: what is unfolded stays in a cache.
/// Every number is what the product and `fold` of Kernels/convolution.cl give one after the other.
struct CPUFoldedMultiplyCommand: CPUCommand {
  let kernel = "gemm + fold"
  private let gemm: vae_gemm
  private let geometry: ConvolutionGeometry
  private let parts: FoldedParts
  private let epilogue: CPUEpilogue?
  // Keeps them alive for as long as the command.
  private let buffers: [any DeviceBuffer]

  init(
    _ multiply: MatrixMultiply, to geometry: ConvolutionGeometry, backend: CPUBackend
  ) throws(ComputeError) {
    precondition(
      !multiply.transposeA && multiply.rowSums == nil && multiply.n == geometry.unfolded,
      "a product of \(multiply.m) x \(multiply.n) folded by \(geometry)")
    gemm = vae_gemm(
      multiply, a: backend.address(of: multiply.a), b: backend.address(of: multiply.b),
      c: backend.address(of: multiply.c), instructions: backend.instructions)
    self.geometry = geometry
    parts = FoldedParts(
      geometry, images: multiply.m / (geometry.outHeight * geometry.outWidth),
      threads: backend.pool.threadCount)
    var epilogue: CPUEpilogue?
    if let description = multiply.epilogue {
      epilogue = try CPUEpilogue(
        description, of: multiply.c, columns: geometry.channels, backend: backend)
    }
    self.epilogue = epilogue
    buffers = [multiply.a.buffer, multiply.b.buffer, multiply.c.buffer]
  }

  func run(on pool: WorkerPool) {
    pool.run(tasks: parts.count) { run(parts[$0]) }
  }

  private func run(_ part: FoldedParts.Part) {
    let places = parts.places(of: part.lines)
    let rows = part.images.count * places.count * geometry.outWidth
    let scratch = vae_scratch(rows * gemm.n * MemoryLayout<Float>.size)
      .assumingMemoryBound(to: Float.self)
    let first =
      (part.images.lowerBound * geometry.outHeight + places.lowerBound) * geometry.outWidth
    var product = gemm
    (product.a, product.c, product.m) = (gemm.a + first * gemm.k, scratch, rows)
    vae_gemm_tile(&product, 0, rows, 0, gemm.n)

    var geometry = vae_geometry(geometry)
    let (lines, width) = (part.lines, self.geometry.width)
    for (index, image) in part.images.enumerated() {
      let line = image * self.geometry.height + lines.lowerBound
      vae_fold(
        gemm.level, &geometry, scratch + index * places.count * self.geometry.outWidth * gemm.n,
        places.lowerBound, lines.lowerBound, lines.upperBound,
        gemm.c + line * width * self.geometry.channels)
      epilogue?.run((line * width)..<((line + lines.count) * width), 0..<self.geometry.channels)
    }
  }
}
