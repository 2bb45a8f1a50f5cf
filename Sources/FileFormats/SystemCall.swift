import Foundation

/// Repeats a system call for as long as a signal interrupts it, which network file systems do; gives
/// its result, with `errno` where that is negative.
package func uninterrupted(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Opens `path`, through interruptions; a descriptor, or a negative number with `errno`.
package func openDescriptor(_ path: String, _ flags: Int32, mode: mode_t = 0o666) -> Int32 {
  uninterrupted { open(path, flags | O_CLOEXEC, mode) }
}

/// Makes a directory, through interruptions; 0, or a negative number with `errno`.
package func makeDirectory(_ path: String) -> Int32 { uninterrupted { mkdir(path, 0o777) } }

/// What is known of a path without opening it.
package enum PathStatus {
  /// True where there is surely nothing at `path`. A path that cannot be looked at (permissions, an
  /// I/O error) is not missing.
  package static func isMissing(_ path: String) -> Bool {
    var status = stat()
    return uninterrupted { stat(path, &status) } != 0 && (errno == ENOENT || errno == ENOTDIR)
  }
}
