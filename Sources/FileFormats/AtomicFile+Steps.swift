import Foundation

extension AtomicFile {
  /// A created, open, empty file.
  struct Temporary: ~Copyable {
    let path: String
    let descriptor: OpenFile
  }

  /// Where the bytes go and the permissions of what is there now: links are followed, and a
  /// device, a pipe or a directory is refused (a rename would replace `/dev/null`).
  static func resolve(_ path: String) throws(FileError) -> (path: String, mode: mode_t?) {
    var status = stat()
    guard stat(path, &status) == 0 else { return (path, nil) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR:
      throw FileError(.unwritable, path: path, problem: "is a directory, not a file")
    default:
      throw FileError(.unwritable, path: path, problem: "is not a regular file")
    }
    guard let real = realpath(path, nil) else { return (path, status.st_mode & 0o777) }
    defer { free(real) }
    return (String(cString: real), status.st_mode & 0o777)
  }

  static func createTemporary(beside target: String, reporting path: String)
    throws(FileError) -> Temporary
  {
    let directory = directory(of: target)
    while true {
      let name = directory + "/" + TemporaryName(process: getpid()).text
      let number = openDescriptor(name, O_WRONLY | O_CREAT | O_EXCL)
      if number >= 0 { return Temporary(path: name, descriptor: OpenFile(owning: number)) }
      if errno != EEXIST { throw FileError.creating(path, errno: errno) }
    }
  }

  static func finish(_ writer: consuming AtomicFileWriter, mode: mode_t?, path: String)
    throws(FileError)
  {
    if let mode {
      let number = writer.descriptor.number
      if uninterrupted({ fchmod(number, mode) }) != 0 {
        throw FileError.writing(path, step: "chmod", errno: errno)
      }
    }
    try writer.descriptor.synchronize(path: path)
    let code = writer.close()
    if code != 0 && code != EINTR { throw FileError.writing(path, step: "close", errno: code) }
  }

  static func synchronizeDirectory(of target: String, reporting path: String) throws(FileError) {
    let number = openDescriptor(directory(of: target), O_RDONLY | O_DIRECTORY)
    // A directory that can be written and not read cannot be synced; the rename has happened.
    if number < 0 { return }
    let descriptor = OpenFile(owning: number)
    try descriptor.synchronize(path: path, step: "fsync of the directory")
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

extension AtomicFileWriter {
  consuming func close() -> Int32 {
    descriptor.close()
  }
}
