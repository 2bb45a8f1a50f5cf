import COpenCL
import Compute

/// One launch site: a kernel object of its own whose arguments are set once.
final class OpenCLKernelCommand: OpenCLCommand {
  let name: String
  let isOneKernel = true
  let awaitsCompilation: Bool
  private let kernel: KernelHandle
  private let queue: cl_command_queue
  private var globalSize: Int
  private var localSize: Int
  // Keeps the arguments alive for as long as the command.
  private let buffers: [any DeviceBuffer]

  /// - Parameters:
  ///   - name: for traces and errors.
  ///   - groups: work-groups of `items` work-items each.
  init(
    _ name: String, kernel: consuming KernelHandle, arguments: [KernelArgument], groups: Int,
    items: Int, backend: OpenCLBackend
  ) throws(ComputeError) {
    try backend.setArguments(arguments, of: kernel.raw, name: name)
    self.name = name
    awaitsCompilation = kernel.isFresh && backend.device.compilesAtLaunch
    self.kernel = kernel
    queue = backend.queue.raw
    globalSize = groups * items
    localSize = items
    buffers = arguments.compactMap {
      if case .buffer(let view) = $0 { view.buffer } else { nil }
    }
  }

  /// A kernel of the operations.
  convenience init(_ launch: KernelLaunch, backend: OpenCLBackend) throws(ComputeError) {
    let groups = backend.groups(of: launch.size)
    try self.init(
      launch.kernel, kernel: try backend.kernel(launch.kernel), arguments: launch.arguments,
      groups: groups.count, items: groups.items, backend: backend)
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    guard globalSize > 0 else { return }
    let status = clEnqueueNDRangeKernel(
      queue, kernel.raw, 1, nil, &globalSize, &localSize, 0, nil, event)
    try OpenCLStatus.check(status, "clEnqueueNDRangeKernel \(name)")
  }
}
