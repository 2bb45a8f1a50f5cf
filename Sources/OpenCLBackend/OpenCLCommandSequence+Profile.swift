import COpenCL
import Compute

extension OpenCLCommandSequence {
  /// The device's own clock, by events: the queue is never drained between commands.
  ///
  /// A kernel's time is from its start to its end. What may enqueue several kernels (CLBlast) leaves an event of the
  /// last only; its time is from the end of what came before to the end of that one.
  func profile() throws(ComputeError) -> [LaunchProfile] {
    guard backend.isProfiling else {
      throw ComputeError(
        .unsupported, operation: "profile", detail: "\(backend.info.name) is not open for profiling"
      )
    }
    var spans: [CommandSpan] = []
    for command in commands { spans.append(try CommandSpan(command, on: backend)) }
    try backend.synchronize()
    var times: [LaunchProfile] = []
    var previousEnd: UInt64?
    for span in spans {
      let (begin, end) = try span.nanoseconds(after: previousEnd ?? 0)
      let idle = previousEnd.map { begin > $0 ? Double(begin - $0) * 1e-9 : 0 } ?? 0
      times.append(
        LaunchProfile(
          seconds: Double(end - begin) * 1e-9, gap: idle, queued: try span.queuedSeconds()))
      previousEnd = max(previousEnd ?? 0, end)
    }
    return times
  }
}

/// The events of one command.
private final class CommandSpan {
  private let name: String
  /// Completes when all before the command is done, or when the command is enqueued if that is later: a host that is
  /// slower than the device must not look like a slow kernel. Only in front of commands of several kernels.
  private var marker: cl_event?
  private var last: cl_event?

  init(_ command: any OpenCLCommand, on backend: OpenCLBackend) throws(ComputeError) {
    name = command.name
    if !command.isOneKernel {
      try OpenCLStatus.check(
        clEnqueueMarkerWithWaitList(backend.queue.raw, 0, nil, &marker), "marker")
    }
    try command.enqueue(event: &last)
  }

  deinit {
    if let marker { clReleaseEvent(marker) }
    if let last { clReleaseEvent(last) }
  }

  /// Begin and end on the device's clock; both `previousEnd` for a command that enqueued nothing.
  func nanoseconds(after previousEnd: UInt64) throws(ComputeError) -> (UInt64, UInt64) {
    guard let last else { return (previousEnd, previousEnd) }
    let end = try time(last, CL_PROFILING_COMMAND_END)
    let begin =
      if let marker {
        max(previousEnd, try time(marker, CL_PROFILING_COMMAND_END))
      } else {
        try time(last, CL_PROFILING_COMMAND_START)
      }
    return (min(begin, end), end)
  }

  /// From the call that enqueued the one kernel to its start; nil for several.
  func queuedSeconds() throws(ComputeError) -> Double? {
    guard marker == nil, let last else { return nil }
    let queued = try time(last, CL_PROFILING_COMMAND_QUEUED)
    let start = try time(last, CL_PROFILING_COMMAND_START)
    return start > queued ? Double(start - queued) * 1e-9 : 0
  }

  private func time(_ event: cl_event, _ moment: Int32) throws(ComputeError) -> UInt64 {
    var nanoseconds: cl_ulong = 0
    try OpenCLStatus.check(
      clGetEventProfilingInfo(
        event, cl_profiling_info(moment), MemoryLayout<cl_ulong>.size, &nanoseconds, nil),
      "clGetEventProfilingInfo \(name)")
    return nanoseconds
  }
}
