import Foundation

/// Memory of this process.
enum ProcessMemory {
  /// The most memory that the process has held at once, in bytes, since it began or since `resetPeak`: VmHWM of
  /// /proc/self/status. nil where the kernel does not say.
  static var peakByteCount: Int? {
    guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    // "VmHWM:     12345 kB"
    guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { return nil }
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.count == 3 ? Int(words[1]).map { 1024 * $0 } : nil
  }

  /// Sets the peak to what the process holds now, where the kernel lets it: "5" does that (proc(5), clear_refs).
  static func resetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }
}
