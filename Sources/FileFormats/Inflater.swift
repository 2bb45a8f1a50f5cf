import CZlib

/// A zlib stream that decodes gzip members, a step at a time.
struct Inflater: ~Copyable {
  /// The last step ended a member, so the input may end here.
  private(set) var isAtMemberEnd = false

  // zlib keeps a pointer back to its stream, so the stream must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let path: String
  private var member = 0

  /// A decoder; `path` is for the errors.
  init(path: String) throws(FileError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.path = path
    let size = Int32(MemoryLayout<z_stream>.size)
    // 16 + 15: gzip framing with its CRC-32, the largest window.
    guard inflateInit2_(stream, 16 + 15, ZLIB_VERSION, size) == Z_OK else {
      throw FileError(.unreadable, path: path, problem: "zlib could not be started")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Decodes from `input` to `output` until one of them is used up or a member ends. Malformed for
  /// broken data, a wrong CRC-32 or length, and bytes after a member that start no other one.
  mutating func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(FileError) -> (consumed: Int, produced: Int)
  {
    if isAtMemberEnd {
      if input.isEmpty { return (0, 0) }
      inflateReset(stream)
      isAtMemberEnd = false
      member += 1
    }
    let given = min(input.count, 1 << 30)
    let room = min(output.count, 1 << 30)
    let source = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: source)
    stream.pointee.avail_in = UInt32(given)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    let result = inflate(stream, Z_NO_FLUSH)
    switch result {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtMemberEnd = true
    default: throw failure(result)
    }
    return (given - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
  }

  private func failure(_ result: Int32) -> FileError {
    if result == Z_MEM_ERROR {
      return FileError(.unreadable, path: path, problem: "zlib ran out of memory")
    }
    let reason = stream.pointee.msg.map { String(cString: $0) } ?? "code \(result)"
    if member > 0 && reason == "incorrect header check" {
      return FileError(
        .malformed, path: path, problem: "has trailing garbage after its gzip data")
    }
    return FileError(
      .malformed, path: path, problem: "is damaged gzip data (\(reason))",
      advice: "fetch or compress it again")
  }
}
