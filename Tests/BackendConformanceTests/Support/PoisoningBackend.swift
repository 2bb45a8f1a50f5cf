import Compute

/// A backend whose new memory is full of NaN instead of zero, so that a read of what nothing has written shows.
final class PoisoningBackend: Backend {
  private let backend: any Backend

  init(_ backend: any Backend) { self.backend = backend }

  var info: DeviceInfo { backend.info }
  var realType: RealType { backend.realType }

  func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer {
    let buffer = try backend.allocate(byteCount: byteCount)
    let count = buffer.byteCount / realType.byteCount
    let poison = [Float](repeating: .nan, count: count)
    try backend.upload(reals: poison, to: BufferView(buffer))
    return buffer
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
