import COpenCL
import Compute

/// A command bound to an OpenCL queue.
protocol OpenCLCommand: AnyObject {
  var name: String { get }
  /// Whether the command is one kernel, so that its event tells its beginning as well as its end.
  var isOneKernel: Bool { get }
  /// - Parameter event: where the event of the (last) kernel goes; nil: no event is made.
  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError)
}

/// One launch site: a kernel object of its own whose arguments are set once.
final class OpenCLKernelCommand: OpenCLCommand {
  let name: String
  let isOneKernel = true
  private let kernel: KernelHandle
  private let queue: cl_command_queue
  private var globalSize: Int
  private var localSize: Int
  private let buffers: [any DeviceBuffer]

  init(_ launch: KernelLaunch, backend: OpenCLBackend) throws(ComputeError) {
    name = launch.kernel
    var status: cl_int = 0
    let raw = clCreateKernel(backend.program.raw, launch.kernel, &status)
    backend.counters.kernels += 1
    guard let raw, status == CL_SUCCESS else {
      throw OpenCLStatus.error(status, "kernel \(launch.kernel)")
    }
    kernel = KernelHandle(raw: raw)
    queue = backend.queue.raw
    switch launch.size {
    case .items(let count):
      localSize = backend.groupSize
      let groups = (count + backend.itemsOfGroup - 1) / backend.itemsOfGroup
      globalSize = groups * localSize
    case .rows(let count):
      localSize = backend.groupSize
      globalSize = count * localSize
    }
    try backend.setArguments(launch.arguments, of: raw, name: name)
    buffers = launch.arguments.compactMap {
      if case .buffer(let view) = $0 { view.buffer } else { nil }
    }
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    guard globalSize > 0 else { return }
    let status = clEnqueueNDRangeKernel(
      queue, kernel.raw, 1, nil, &globalSize, &localSize, 0, nil, event)
    try OpenCLStatus.check(status, "clEnqueueNDRangeKernel \(name)")
  }
}

/// The commands of a program, bound to a queue. A command may take several launches.
final class OpenCLCommandSequence: CommandSequence {
  let backend: OpenCLBackend
  private(set) var commands: [any OpenCLCommand] = []
  private(set) var launches: [PreparedLaunch] = []
  /// Index of the first launch of each command, and the end.
  private var starts: [Int] = [0]

  init(backend: OpenCLBackend) { self.backend = backend }

  var count: Int { starts.count - 1 }

  /// Adds the launches of the next command.
  func append(_ parts: [(part: PreparedLaunch.Part, command: any OpenCLCommand)]) {
    for (part, command) in parts {
      launches.append(PreparedLaunch(command: count, part: part, kernel: command.name))
      commands.append(command)
    }
    starts.append(commands.count)
  }

  func run(_ range: Range<Int>) throws(ComputeError) {
    for index in starts[range.lowerBound]..<starts[range.upperBound] {
      try commands[index].enqueue(event: nil)
      if backend.isDebugging {
        try OpenCLStatus.check(clFinish(backend.queue.raw), commands[index].name)
      }
    }
    try OpenCLStatus.check(clFlush(backend.queue.raw), "clFlush")
  }
}
