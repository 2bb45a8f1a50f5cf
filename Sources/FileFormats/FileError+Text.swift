import Foundation

extension FileError {
  /// `text` in double quotes, safe to print: control and format characters escaped, at most
  /// `limit` characters of it, `…` where it was cut.
  public static func quoted(_ text: String, limit: Int = 60) -> String {
    "\"\(escaped(text, limit: limit))\""
  }

  /// `text` on one line: control, format and line-breaking characters as `\n`, `\t` or `\u{…}`,
  /// and at most `limit` Unicode scalars of it, `…` where it was cut.
  public static func escaped(_ text: String, limit: Int) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == limit {
        return result + "…"
      }
      count += 1
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          result += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return result
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      return false
    default:
      return true
    }
  }
}

extension FileError {
  /// The failure of opening or reading `path` with the system's `errno`.
  package static func reading(_ path: String, errno code: Int32) -> FileError {
    switch code {
    case ENOENT, ENOTDIR:
      FileError(.missing, path: path, problem: "no such file")
    default:
      FileError(.unreadable, path: path, problem: "cannot be read (\(systemText(code)))")
    }
  }

  /// The failure of creating `path` with the system's `errno`; `step` is the call that failed.
  package static func creating(_ path: String, step: String = "open", errno code: Int32)
    -> FileError
  {
    failure(
      .unwritable, path, step, code, advice: code == ENOENT ? "create its directory first" : nil)
  }

  /// The failure of writing `path`, which could be created, with the system's `errno`; `step` is the
  /// call that failed.
  package static func writing(_ path: String, step: String, errno code: Int32) -> FileError {
    let advice: String? =
      switch code {
      case EFBIG: "raise the limit of file sizes (ulimit -f, or that of the file system)"
      case ENOENT: "its directory has gone"
      default: nil
      }
    return failure(.writeFailed, path, step, code, advice: advice)
  }

  private static func failure(
    _ kind: Code, _ path: String, _ step: String, _ code: Int32, advice: String?
  ) -> FileError {
    let isFull = code == ENOSPC || code == EDQUOT
    return FileError(
      isFull ? .diskFull : kind, path: path,
      problem: "cannot be written (\(step): \(systemText(code)))",
      advice: isFull
        ? "free some space and try again; what was there before is unchanged" : advice)
  }

  /// Throws `error(EINVAL)` for a path that C would cut short at a NUL byte.
  package static func checkPath(_ path: String, else error: (Int32) -> FileError)
    throws(FileError)
  {
    if path.utf8.contains(0) { throw error(EINVAL) }
  }

  private static func systemText(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
