/// Memory of one device. Freed with its last reference.
package protocol DeviceBuffer: AnyObject {
  var byteCount: Int { get }
}

/// A range of a buffer. Offsets are multiples of `BufferView.alignment`.
package struct BufferView {
  package let buffer: any DeviceBuffer
  package let byteOffset: Int
  package let byteCount: Int

  /// The alignment of every view, in bytes: a multiple of cache lines and vectors on every known
  /// device.
  package static let alignment = 1024

  package init(_ buffer: any DeviceBuffer, byteOffset: Int = 0, byteCount: Int? = nil) {
    let count = byteCount ?? (buffer.byteCount - byteOffset)
    precondition(
      byteOffset >= 0 && count >= 0 && byteOffset + count <= buffer.byteCount,
      "view \(byteOffset)+\(count) outside a buffer of \(buffer.byteCount) bytes")
    self.buffer = buffer
    self.byteOffset = byteOffset
    self.byteCount = count
  }

  /// Whether two views are the same memory.
  package func isSame(as other: BufferView) -> Bool {
    buffer === other.buffer && byteOffset == other.byteOffset && byteCount == other.byteCount
  }

  /// Whether two views share memory.
  package func overlaps(_ other: BufferView) -> Bool {
    buffer === other.buffer && byteOffset < other.byteOffset + other.byteCount
      && other.byteOffset < byteOffset + byteCount
  }

  /// `count` rounded up to the alignment of views.
  package static func aligned(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }
}
