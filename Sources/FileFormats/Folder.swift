import Glibc

/// Makes directories.
public enum Folder {
  /// Makes `path` and its parents where they are missing.
  ///
  /// - Throws: `unwritable` or `diskFull`, with the path.
  public static func make(_ path: String) throws(FileError) {
    try FileError.checkPath(path) { FileError.writing(path, step: "mkdir", errno: $0) }
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      prefix += "/" + part
      guard mkdir(prefix, 0o777) != 0 else { continue }
      let code = errno
      var status = stat()
      if stat(prefix, &status) == 0 {
        if status.st_mode & S_IFMT == S_IFDIR { continue }
        throw FileError(
          .unwritable, path: path, problem: "cannot be made, for \(prefix) is not a directory")
      }
      throw FileError(
        code == ENOSPC || code == EDQUOT ? .diskFull : .unwritable, path: path,
        problem: "cannot be made (mkdir: \(String(cString: strerror(code))))")
    }
  }
}
