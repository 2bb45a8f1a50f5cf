import COpenCL
import Compute

/// Device memory.
final class OpenCLBuffer: DeviceBuffer {
  let byteCount: Int
  let memory: MemoryHandle
  private let context: ContextHandle

  init(byteCount: Int, memory: consuming MemoryHandle, context: ContextHandle) {
    self.byteCount = byteCount
    self.memory = memory
    self.context = context
  }
}

extension OpenCLBackend {
  package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer {
    guard byteCount <= 1 << 62 else {
      throw ComputeError(
        .outOfMemory, operation: "a buffer on \(info.name)",
        detail: "the device has not enough memory for \(byteCount) bytes")
    }
    // Checkers then see the end of the last array.
    let size = isDebugging ? max(byteCount, 1) : BufferView.aligned(max(byteCount, 1))
    counters.allocations += 1
    var status: cl_int = 0
    let raw = clCreateBuffer(context.raw, cl_mem_flags(CL_MEM_READ_WRITE), size, nil, &status)
    guard let raw, status == CL_SUCCESS else {
      throw OpenCLStatus.error(status, "clCreateBuffer of \(size) bytes on \(info.name)")
    }
    let buffer = OpenCLBuffer(
      byteCount: size, memory: MemoryHandle(raw: raw), context: context)
    try clear(raw, byteCount: size)
    return buffer
  }

  private func clear(_ memory: cl_mem, byteCount: Int) throws(ComputeError) {
    var zero: cl_uint = 0
    let status =
      if isDebugging {
        // Checkers that track initialised memory know writes, not fills.
        clEnqueueWriteBuffer(
          queue.raw, memory, cl_bool(CL_TRUE), 0, byteCount,
          [UInt8](repeating: 0, count: byteCount),
          0, nil, nil)
      } else {
        clEnqueueFillBuffer(
          queue.raw, memory, &zero, MemoryLayout<cl_uint>.size, 0, byteCount, 0, nil, nil)
      }
    try OpenCLStatus.check(status, "clearing \(byteCount) bytes on \(info.name)")
  }

  package func upload(_ bytes: UnsafeRawBufferPointer, to view: BufferView) throws(ComputeError) {
    precondition(bytes.count <= view.byteCount, "upload of \(bytes.count) into \(view.byteCount)")
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    let memory = buffer(of: view).memory.raw
    // A small power of two goes as a fill pattern, which the runtime copies: no wait for the queue.
    if !isDebugging && bytes.count <= 128 && bytes.count.nonzeroBitCount == 1
      && view.byteOffset % bytes.count == 0
    {
      try OpenCLStatus.check(
        clEnqueueFillBuffer(
          queue.raw, memory, source, bytes.count, view.byteOffset, bytes.count, 0, nil, nil),
        "writing \(bytes.count) bytes to \(info.name)")
      return
    }
    try OpenCLStatus.check(
      clEnqueueWriteBuffer(
        queue.raw, memory, cl_bool(CL_TRUE), view.byteOffset, bytes.count, source, 0, nil, nil),
      "writing \(bytes.count) bytes to \(info.name)")
  }

  package func download(
    _ view: BufferView, into bytes: UnsafeMutableRawBufferPointer
  ) throws(ComputeError) {
    precondition(bytes.count <= view.byteCount, "download of \(bytes.count) from \(view.byteCount)")
    guard let target = bytes.baseAddress, bytes.count > 0 else { return }
    try OpenCLStatus.check(
      clEnqueueReadBuffer(
        queue.raw, buffer(of: view).memory.raw, cl_bool(CL_TRUE), view.byteOffset, bytes.count,
        target, 0, nil, nil),
      "reading \(bytes.count) bytes from \(info.name)")
  }

  func buffer(of view: BufferView) -> OpenCLBuffer {
    guard let buffer = view.buffer as? OpenCLBuffer else {
      preconditionFailure("a buffer of another device was given to \(info.name)")
    }
    return buffer
  }
}
