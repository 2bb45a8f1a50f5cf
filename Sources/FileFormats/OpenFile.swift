import Foundation

/// An open file descriptor, closed exactly once.
package struct OpenFile: ~Copyable, Sendable {
  /// The descriptor's number, valid while this value lives.
  package let number: Int32

  /// Takes over `number`.
  package init(owning number: Int32) {
    self.number = number
  }

  /// Closes and returns 0, or the `errno` of a failed close (late write errors on network disks).
  package consuming func close() -> Int32 {
    let result = systemClose(number)
    let code = errno
    discard self
    return result == 0 ? 0 : code
  }

  deinit {
    _ = systemClose(number)
  }
}

/// The system call, out of reach of the method of the same name.
private func systemClose(_ number: Int32) -> Int32 {
  close(number)
}

extension OpenFile {
  /// Writes all of `bytes`, through short writes and interruptions; `path` is for the error.
  package func writeAll(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
    var rest = bytes[...]
    while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let written = write(number, base, min(rest.count, 1 << 30))
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if written == 0 {
        throw FileError.writing(path, step: "write", errno: EIO)
      } else if errno != EINTR {
        throw FileError.writing(path, step: "write", errno: errno)
      }
    }
  }

  /// Makes what was written durable.
  package func synchronize(path: String, step: String = "fsync") throws(FileError) {
    while fsync(number) != 0 {
      if errno == EINVAL || errno == EROFS { return }
      if errno != EINTR { throw FileError.writing(path, step: step, errno: errno) }
    }
  }

  /// Fills `buffer` from the current position; fewer bytes only at the end of the file.
  package func readFully(into buffer: UnsafeMutableRawBufferPointer, path: String)
    throws(FileError) -> Int
  {
    guard let base = buffer.baseAddress else { return 0 }
    var filled = 0
    while filled < buffer.count {
      let got = read(number, base + filled, min(buffer.count - filled, 1 << 30))
      if got > 0 {
        filled += got
      } else if got == 0 {
        break
      } else if errno != EINTR {
        throw FileError.reading(path, errno: errno)
      }
    }
    return filled
  }
}
