import Foundation

/// Reads a whole file, up to a size the caller is ready for.
public enum BoundedFile {
  /// All bytes of the regular file at `path`; malformed when there are more than `limit`.
  public static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    var reader = try FileReader.open(path)
    try check(reader.size, limit: limit, path: path)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(reader.size)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    while true {
      let count = try reader.read(into: room)
      if count == 0 { return bytes }
      try check(bytes.count + count, limit: limit, path: path)
      bytes.append(contentsOf: room[..<count])
    }
  }

  /// The file as text; malformed when it is not UTF-8 or longer than `limit` bytes.
  public static func readText(_ path: String, limit: Int) throws(FileError) -> String {
    let bytes = try read(path, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(.malformed, path: path, problem: "is not valid UTF-8 text")
    }
    return text
  }

  private static func check(_ size: Int, limit: Int, path: String) throws(FileError) {
    if size > limit {
      throw FileError(
        .malformed, path: path,
        problem: "is too large: \(size) bytes or more, and at most \(limit) are allowed here")
    }
  }
}
