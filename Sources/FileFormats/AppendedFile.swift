import Foundation

/// A log that grows by whole lines. It is opened for each of them, so that lines go to the file that
/// is at the path now, also where another program has replaced it.
package struct AppendedFile: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// Creates the file where there is none; unwritable where it cannot be written.
  package func create() throws(FileError) { _ = try open() }

  /// Appends `text`; unwritable, writeFailed or diskFull on failure.
  package func append(_ text: String) throws(FileError) {
    let file = try open()
    let bytes = [UInt8](text.utf8)
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try file.writeAll(UnsafeRawBufferPointer(buffer), path: path)
    }
    let code = file.close()
    if code != 0 && code != EINTR { throw FileError.writing(path, step: "close", errno: code) }
  }

  /// Makes what was appended durable.
  package func synchronize() throws(FileError) { try open().synchronize(path: path) }

  private func open() throws(FileError) -> OpenFile {
    try FileError.checkPath(path) { FileError.creating(path, errno: $0) }
    // O_NONBLOCK: opening a named pipe must not wait for its reader.
    let number = openDescriptor(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK)
    if number < 0 { throw FileError.creating(path, errno: errno) }
    return OpenFile(owning: number)
  }
}
