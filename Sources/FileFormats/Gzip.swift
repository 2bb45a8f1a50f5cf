/// The gzip format (RFC 1952), recognised by its magic bytes and never by a file's name.
public enum Gzip {
  /// The most that one byte of deflate data can become.
  public static let largestRatio = 1032

  /// True when `bytes` start like a gzip member.
  public static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// All members of `bytes`, inflated. Malformed when the data is damaged, truncated, followed by
  /// garbage, or inflates to more than `limit` bytes, which stops it there. `path` is for errors.
  public static func inflate(_ bytes: [UInt8], limit: Int, path: String)
    throws(FileError) -> [UInt8]
  {
    var inflater = try Inflater(path: path)
    var result: [UInt8] = []
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    var position = 0
    while position < bytes.count || !inflater.isAtMemberEnd {
      let step = try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
        let input = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[position...]))
        return try inflater.step(input, into: room)
      }
      position += step.consumed
      if step == (0, 0) && !inflater.isAtMemberEnd { throw truncated(path) }
      guard step.produced <= limit - result.count else {
        throw FileError(
          .malformed, path: path, problem: "inflates to more than the \(limit) bytes allowed here")
      }
      result.append(contentsOf: room[..<step.produced])
    }
    return result
  }

  static func truncated(_ path: String) -> FileError {
    FileError(
      .malformed, path: path, problem: "truncated: its gzip data ends too early",
      advice: "fetch or compress it again")
  }
}
