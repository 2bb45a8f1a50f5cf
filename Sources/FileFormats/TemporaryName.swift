import Foundation

/// The name of a file that `AtomicFile` is writing: `.writing-PID-TAG.tmp`, with the number of the
/// writing process and a random tag in base 36.
struct TemporaryName {
  let process: pid_t
  let text: String

  /// A new name for a file of `process`.
  init(process: pid_t) {
    let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
    self.process = process
    text = "\(Self.prefix)\(process)-\(tag)\(Self.suffix)"
  }

  /// nil for any other file's name.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), text.hasSuffix(Self.suffix) else { return nil }
    let parts = text.dropFirst(Self.prefix.count).dropLast(Self.suffix.count).split(
      separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let process = pid_t(parts[0]), process > 0, !parts[1].isEmpty,
      parts[1].allSatisfy({ $0.isASCII && ($0.isNumber || $0.isLowercase) })
    else { return nil }
    self.process = process
    self.text = text
  }

  private static let prefix = ".writing-"
  private static let suffix = ".tmp"
}

extension AtomicFile {
  /// Removes what killed processes were writing in `directory`. The file of a process that may still
  /// be alive stays: one that runs and began before the file was last written.
  package static func sweep(_ directory: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names.compactMap(TemporaryName.init) {
      let path = "\(directory)/\(name.text)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      let written = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
      if ProcessTimes.hasEnded(name.process, aliveAt: written) { unlink(path) }
    }
  }
}

/// When processes began, from /proc.
private enum ProcessTimes {
  /// Whether the process with this number that was alive at a time (seconds since 1970) has ended:
  /// there is none now, or it began later and was given the number again.
  static func hasEnded(_ process: pid_t, aliveAt time: Double) -> Bool {
    if kill(process, 0) != 0 { return errno == ESRCH }
    guard let start = start(of: process) else { return false }
    // Both clocks tick in hundredths of a second or less; the boot time is in whole seconds.
    return start > time + 2
  }

  private static func start(of process: pid_t) -> Double? {
    // Field 22, counted behind the name in parentheses, which may hold anything.
    guard let stat = try? BoundedFile.readText("/proc/\(process)/stat", limit: 4096),
      let name = stat.lastIndex(of: ")"), let boot = bootTime
    else { return nil }
    let fields = stat[name...].split(separator: " ")
    guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
    return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static var bootTime: Double? {
    guard let stat = try? BoundedFile.readText("/proc/stat", limit: 1 << 24) else { return nil }
    let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst(6)) }
  }
}
