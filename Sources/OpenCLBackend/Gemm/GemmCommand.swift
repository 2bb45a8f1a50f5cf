import COpenCL
import Compute

/// A matrix product by a kernel of the engine's own, epilogue and row sums included.
final class GemmCommand: OpenCLCommand {
  let name: String
  let isOneKernel = true
  private let kernel: KernelHandle
  private let queue: cl_command_queue
  private var globalSize: Int
  private var localSize: Int
  private let buffers: [any DeviceBuffer]

  /// - Parameter workspace: where a split product stores its parts instead of C.
  init(
    _ multiply: MatrixMultiply, variant: GemmVariant, workspace: BufferView?,
    backend: OpenCLBackend
  ) throws(ComputeError) {
    name = variant.name
    kernel = try backend.gemmKernel("gemm", of: variant, for: multiply)
    queue = backend.queue.raw
    let size = variant.launchSize(GemmShape(multiply))
    localSize = size.items
    globalSize = (size.groups + (multiply.rowSums == nil ? 0 : size.rowSumGroups)) * size.items
    var views = [multiply.a, multiply.b, workspace ?? multiply.c]
    var arguments: [KernelArgument] =
      views.map { .buffer($0) }
      + [multiply.m, multiply.n, multiply.k, variant.groupRows].map { .count($0) }
    for view in [multiply.epilogue?.view, multiply.rowSums].compactMap({ $0 }) {
      arguments.append(.buffer(view))
      views.append(view)
    }
    try backend.setArguments(arguments, of: kernel.raw, name: name)
    buffers = views.map(\.buffer)
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    guard globalSize > 0 else { return }
    let status = clEnqueueNDRangeKernel(
      queue, kernel.raw, 1, nil, &globalSize, &localSize, 0, nil, event)
    try OpenCLStatus.check(status, "clEnqueueNDRangeKernel \(name)")
  }
}

/// Adds the parts of a split product and applies the epilogue.
final class GemmReduceCommand: OpenCLCommand {
  let name = "gemm_reduce"
  let isOneKernel = true
  private let kernel: KernelHandle
  private let queue: cl_command_queue
  private var globalSize: Int
  private var localSize = 64
  private let buffers: [any DeviceBuffer]

  init(
    _ multiply: MatrixMultiply, variant: GemmVariant, workspace: BufferView,
    backend: OpenCLBackend
  ) throws(ComputeError) {
    kernel = try backend.gemmKernel(name, of: variant, for: multiply)
    queue = backend.queue.raw
    globalSize = (multiply.m * multiply.n + localSize - 1) / localSize * localSize
    var views = [workspace, multiply.c]
    var arguments: [KernelArgument] =
      views.map { .buffer($0) } + [.count(multiply.m), .count(multiply.n)]
    if let epilogue = multiply.epilogue {
      arguments.append(.buffer(epilogue.view))
      views.append(epilogue.view)
    }
    try backend.setArguments(arguments, of: kernel.raw, name: name)
    buffers = views.map(\.buffer)
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    guard globalSize > 0 else { return }
    let status = clEnqueueNDRangeKernel(
      queue, kernel.raw, 1, nil, &globalSize, &localSize, 0, nil, event)
    try OpenCLStatus.check(status, "clEnqueueNDRangeKernel \(name)")
  }
}
