import Compute

/// A backend that is another one but for what the type itself defines.
protocol ForwardingBackend: Backend {
  var backend: any Backend { get }
}

extension ForwardingBackend {
  var info: DeviceInfo { backend.info }
  var realType: RealType { backend.realType }
  var precisions: Set<Precision> { backend.precisions }

  func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer {
    try backend.allocate(byteCount: byteCount)
  }

  func upload(_ bytes: UnsafeRawBufferPointer, to view: BufferView) throws(ComputeError) {
    try backend.upload(bytes, to: view)
  }

  func download(
    _ view: BufferView, into bytes: UnsafeMutableRawBufferPointer
  ) throws(ComputeError) {
    try backend.download(view, into: bytes)
  }

  func prepare(_ commands: [Command]) throws(ComputeError) -> any CommandSequence {
    try backend.prepare(commands)
  }

  func synchronize() throws(ComputeError) { try backend.synchronize() }
}
