import Compute

/// Launches of the engine's own matrix product kernels.
extension OpenCLKernelCommand {
  /// A matrix product, epilogue and row sums included.
  convenience init(
    _ multiply: MatrixMultiply, as variant: GemmVariant, backend: OpenCLBackend
  ) throws(ComputeError) {
    var arguments: [KernelArgument] = [multiply.a, multiply.b, multiply.c].map { .buffer($0) }
    arguments += [multiply.m, multiply.n, multiply.k].map { .count($0) }
    if case .panel = variant { arguments.append(.count(variant.groupRows)) }
    arguments += [multiply.epilogue?.view, multiply.rowSums].compactMap { $0 }.map { .buffer($0) }
    if let size = variant.workspace(multiply) {
      // Counters begin at 0, which is how memory is allocated, and end so.
      arguments += [
        .buffer(BufferView(try backend.allocate(byteCount: 4 * size.parts))),
        .buffer(BufferView(try backend.allocate(byteCount: 4 * size.arrivals))),
      ]
    }
    try self.init(
      variant.name, kernel: try backend.gemmKernel("gemm", of: variant, for: multiply),
      arguments: arguments, groups: variant.groups(GemmShape(multiply)), items: variant.items,
      backend: backend)
  }
}
