import Foundation

/// Writes files so that a reader, a crash or a full disk never sees half of one.
///
/// The bytes go to a new file in the same directory, which is synced, renamed over the old one,
/// and made durable by syncing the directory. On failure the new file is removed and the old one
/// stays as it was. A symbolic link is followed, and an existing file keeps its permissions.
public enum AtomicFile {
  /// Creates or replaces `path` with what `body` appends; unwritable, writeFailed or diskFull on
  /// failure, or what `body` throws.
  public static func write(
    to path: String, _ body: (inout AtomicFileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    try FileError.checkPath(path) { FileError.creating(path, errno: $0) }
    if path.isEmpty { throw FileError.creating(path, errno: ENOENT) }
    let target = try resolve(path)
    let temporary = try createTemporary(beside: target.path, reporting: path)
    let name = temporary.path
    var writer = AtomicFileWriter(descriptor: temporary.descriptor, path: path)
    do throws(FileError) {
      try body(&writer)
      try finish(writer, mode: target.mode, path: path)
      if uninterrupted({ rename(name, target.path) }) != 0 {
        throw FileError.writing(path, step: "rename", errno: errno)
      }
    } catch {
      unlink(name)
      throw error
    }
    try synchronizeDirectory(of: target.path, reporting: path)
  }

  /// Creates or replaces `path` with the chunks, one after the other.
  public static func write(_ chunks: [UnsafeRawBufferPointer], to path: String) throws(FileError) {
    try write(to: path) { (file) throws(FileError) in
      for chunk in chunks { try file.append(chunk) }
    }
  }

  /// Creates or replaces `path` with `bytes`.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(to: path) { (file) throws(FileError) in try file.append(bytes) }
  }

  /// Creates or replaces `path` with `data`.
  public static func write(_ data: Data, to path: String) throws(FileError) {
    try write([UInt8](data), to: path)
  }

  /// Creates or replaces `path` with `text` as UTF-8.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write([UInt8](text.utf8), to: path)
  }

  /// Creates or replaces `path` with `bytes`, and leaves a file that holds them as it is.
  public static func update(_ bytes: [UInt8], at path: String) throws(FileError) {
    if let present = try? BoundedFile.read(path, limit: bytes.count), present == bytes { return }
    try write(bytes, to: path)
  }
}

/// The file that `AtomicFile.write(to:_:)` is filling.
public struct AtomicFileWriter: ~Copyable {
  let descriptor: OpenFile
  let path: String

  init(descriptor: consuming OpenFile, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Appends raw bytes.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try descriptor.writeAll(bytes, path: path)
  }

  /// Appends bytes.
  public mutating func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try descriptor.writeAll(UnsafeRawBufferPointer(buffer), path: path)
    }
  }

  /// Appends `values` as little-endian IEEE 754 binary32.
  public mutating func append(littleEndian values: [Float]) throws(FileError) {
    #if _endian(little)
      try values.withUnsafeBufferPointer { (buffer) throws(FileError) in
        try descriptor.writeAll(UnsafeRawBufferPointer(buffer), path: path)
      }
    #else
      try append(LittleEndian.bytes(of: values))
    #endif
  }
}
