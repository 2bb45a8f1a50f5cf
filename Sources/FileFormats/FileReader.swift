import Foundation

/// A regular file opened for reading from its start.
struct FileReader: ~Copyable {
  /// The path as given.
  let path: String
  /// Size in bytes when it was opened.
  let size: Int
  /// Bytes read so far.
  private(set) var position = 0

  private let descriptor: OpenFile

  private init(path: String, size: Int, descriptor: consuming OpenFile) {
    self.path = path
    self.size = size
    self.descriptor = descriptor
  }

  /// Opens `path`; missing, unreadable, or unreadable because it is no regular file.
  static func open(_ path: String) throws(FileError) -> FileReader {
    try FileError.checkPath(path) { FileError.reading(path, errno: $0) }
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    let number = openDescriptor(path, O_RDONLY | O_NONBLOCK)
    if number < 0 { throw FileError.reading(path, errno: errno) }
    let descriptor = OpenFile(owning: number)
    var status = stat()
    if fstat(descriptor.number, &status) != 0 { throw FileError.reading(path, errno: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      return FileReader(path: path, size: Int(status.st_size), descriptor: descriptor)
    case S_IFDIR:
      throw FileError(.unreadable, path: path, problem: "is a directory, not a file")
    default:
      throw FileError(.unreadable, path: path, problem: "is not a regular file")
    }
  }

  /// Bytes between the position and the end, by the size at opening.
  var remaining: Int { max(0, size - position) }

  /// Fills `buffer`; fewer bytes only at the end of the file.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = try descriptor.readFully(into: buffer, path: path)
    position += count
    return count
  }

  /// Exactly `count` bytes; malformed (`truncated`) when the file ends first. Nothing is allocated
  /// before the file's size has shown that the bytes can be there.
  mutating func read(exactly count: Int) throws(FileError) -> [UInt8] {
    guard count <= remaining else {
      throw FileError(
        .malformed, path: path,
        problem: "truncated: \(count) more bytes expected, \(remaining) left")
    }
    let bytes = try Self.collect(count, from: descriptor, path: path)
    position += bytes.count
    guard bytes.count == count else {
      throw FileError(
        .malformed, path: path,
        problem: "truncated: \(count) more bytes expected, \(bytes.count) left")
    }
    return bytes
  }

  private static func collect(_ count: Int, from descriptor: borrowing OpenFile, path: String)
    throws(FileError) -> [UInt8]
  {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let room = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      do throws(FileError) {
        filled = try descriptor.readFully(into: room, path: path)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
