import Compute

/// A backend whose new memory is full of NaN instead of zero, so that a read of what nothing has written shows.
final class PoisoningBackend: ForwardingBackend {
  let backend: any Backend

  init(_ backend: any Backend) { self.backend = backend }

  func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer {
    let buffer = try backend.allocate(byteCount: byteCount)
    let count = buffer.byteCount / realType.byteCount
    let poison = [Float](repeating: .nan, count: count)
    try backend.upload(reals: poison, to: BufferView(buffer))
    return buffer
  }
}
