import Compute

/// Launches of the engine's own matrix product kernels.
extension OpenCLKernelCommand {
  /// A matrix product, epilogue and row sums included.
  ///
  /// - Parameter workspace: where a split product stores its parts instead of C.
  convenience init(
    _ multiply: MatrixMultiply, as variant: GemmVariant, workspace: BufferView? = nil,
    backend: OpenCLBackend
  ) throws(ComputeError) {
    let size = variant.launchSize(GemmShape(multiply))
    let extents = [multiply.m, multiply.n, multiply.k, variant.groupRows]
    let rest = [multiply.epilogue?.view, multiply.rowSums].compactMap { $0 }
    try self.init(
      variant.name, kernel: try backend.gemmKernel("gemm", of: variant, for: multiply),
      arguments: [multiply.a, multiply.b, workspace ?? multiply.c].map { .buffer($0) }
        + extents.map { .count($0) } + rest.map { .buffer($0) },
      groups: size.groups + (multiply.rowSums == nil ? 0 : size.rowSumGroups), items: size.items,
      backend: backend)
  }

  /// The sum of the parts of a split product, with its epilogue.
  convenience init(
    sumOf parts: BufferView, _ multiply: MatrixMultiply, as variant: GemmVariant,
    backend: OpenCLBackend
  ) throws(ComputeError) {
    let name = "gemm_reduce"
    try self.init(
      name, kernel: try backend.gemmKernel(name, of: variant, for: multiply),
      arguments: [.buffer(parts), .buffer(multiply.c), .count(multiply.m), .count(multiply.n)]
        + [multiply.epilogue?.view].compactMap { $0 }.map { .buffer($0) },
      groups: (multiply.m * multiply.n + 63) / 64, items: 64, backend: backend)
  }
}
