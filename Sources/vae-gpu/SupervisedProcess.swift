import Foundation
import VAEGPU

/// This program, run again as a process that can be stopped whatever it hangs in.
final class SupervisedProcess {
  enum End {
    case exited(Int32)
    case signalled(Int32)
    /// It was silent for too long.
    case stopped
  }

  /// Bytes of stderr that are kept.
  private static let errorLimit = 1 << 16

  private let process = Process()
  private let output = Pipe()
  private let errorPipe = Pipe()
  private var pending: [UInt8] = []
  /// What it wrote to stderr.
  private(set) var errors = ""

  init(_ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errorPipe
    try process.run()
    // Ends of the child alone: a pipe whose writing end is open here never ends.
    try? output.fileHandleForWriting.close()
    try? errorPipe.fileHandleForWriting.close()
  }

  /// Waits for its end.
  ///
  /// - Parameters:
  ///   - limit: seconds between two lines after which it is killed.
  ///   - onLine: takes the lines of its stdout.
  ///   - onWaiting: takes the seconds since the last line, a few times a second.
  func wait(
    limit: Double, onLine: (String) throws -> Void, onWaiting: (Double) -> Void
  ) throws -> End {
    defer {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
    var last = monotonicSeconds()
    var isOpen = [true, true]
    while isOpen[0] || isOpen[1] {
      let handles = [output, errorPipe].map { $0.fileHandleForReading.fileDescriptor }
      var polls = handles.indices.map {
        pollfd(fd: isOpen[$0] ? handles[$0] : -1, events: Int16(POLLIN), revents: 0)
      }
      let count = poll(&polls, nfds_t(polls.count), 200)
      // What a dead process left open is another's.
      if count == 0 && !process.isRunning { break }
      for index in polls.indices where polls[index].revents != 0 {
        let bytes = read(handles[index])
        if bytes.isEmpty { isOpen[index] = false }
        if index == 1 {
          if errors.utf8.count < Self.errorLimit {
            errors += String(decoding: bytes, as: UTF8.self)
          }
        } else if !bytes.isEmpty {
          last = monotonicSeconds()
          for line in lines(bytes) { try onLine(line) }
        }
      }
      let seconds = monotonicSeconds() - last
      onWaiting(seconds)
      guard seconds < limit else { return .stopped }
    }
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? .exited(process.terminationStatus) : .signalled(process.terminationStatus)
  }

  private func read(_ descriptor: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = Glibc.read(descriptor, &bytes, bytes.count)
      if count < 0 && errno == EINTR { continue }
      return Array(bytes.prefix(max(count, 0)))
    }
  }

  /// Whole lines; the rest waits for more.
  private func lines(_ bytes: [UInt8]) -> [String] {
    pending += bytes
    guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let whole = pending[..<end]
    pending = Array(pending[(end + 1)...])
    return whole.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }
}
