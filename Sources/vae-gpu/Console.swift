import FileFormats
import Glibc

/// The two streams of the process.
enum Console {
  /// A line of results on stdout. A reader that has gone is no error.
  static func print(_ line: String) throws(FileError) {
    let code = write(line + "\n", to: STDOUT_FILENO)
    guard code != 0, code != EPIPE else { return }
    throw FileError.writing("standard output", step: "write", errno: code)
  }

  /// A line for people on stderr.
  static func error(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

  /// Text without a line break on stderr, for a line that is redrawn.
  static func draw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Whether stderr is a terminal that can redraw a line.
  static var isTerminal: Bool {
    guard isatty(STDERR_FILENO) == 1 else { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  /// Columns of the terminal on stderr.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// 0 or the errno of the failure.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}
