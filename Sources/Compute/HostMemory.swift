import Glibc

/// The memory that this process can still have. Swift's arrays end the process where there is none, so what is large is
/// asked for here first.
package enum HostMemory {
  /// Bytes below which asking is not worth its time.
  private static let large = 64 << 20

  /// An upper bound in bytes: the least of what is left of RLIMIT_AS and RLIMIT_DATA, of the memory and swap that the system
  /// can give (MemAvailable, SwapFree), and of the limit of the control group. nil where nothing says.
  package static var available: UInt64? {
    let status = fields("/proc/self/status")
    let system = fields("/proc/meminfo")
    var bounds: [UInt64] = []
    if let limit = limit(RLIMIT_AS) {
      bounds.append(limit - min(limit, status["VmSize"] ?? 0))
    }
    if let limit = limit(RLIMIT_DATA) {
      bounds.append(limit - min(limit, status["VmData"] ?? 0))
    }
    if let free = system["MemAvailable"] { bounds.append(free + (system["SwapFree"] ?? 0)) }
    bounds += controlGroupLimits
    return bounds.min()
  }

  /// Throws `outOfMemory` where `byteCount` bytes more are clearly impossible.
  package static func check(
    _ byteCount: Int, for operation: @autoclosure () -> String
  ) throws(ComputeError) {
    guard byteCount > large, let available, UInt64(byteCount) > available else { return }
    throw ComputeError(
      .outOfMemory, operation: operation(),
      detail: "needs \(mebibytes(UInt64(byteCount))) MiB of memory, and this process can have "
        + "\(mebibytes(available)) MiB")
  }

  private static func mebibytes(_ byteCount: UInt64) -> UInt64 { byteCount >> 20 }

  private static func limit(_ resource: __rlimit_resource) -> UInt64? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
      limit.rlim_cur < UInt64(Int64.max)
    else { return nil }
    return UInt64(limit.rlim_cur)
  }

  /// `memory.max` of the control group of this process and of those above it, where they can be seen (version 2).
  private static let controlGroupLimits: [UInt64] = {
    let line = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
    var path = line.map { String($0.dropFirst(3)) } ?? ""
    var limits: [UInt64] = []
    while true {
      let limit = text("/sys/fs/cgroup\(path)/memory.max")
      limits += [limit.split(separator: "\n").first.flatMap { UInt64($0) }].compactMap { $0 }
      guard let slash = path.lastIndex(of: "/") else { return limits }
      path = String(path[..<slash])
    }
  }()

  /// The values of lines such as "MemAvailable:  12345 kB", in bytes.
  private static func fields(_ path: String) -> [String: UInt64] {
    var fields: [String: UInt64] = [:]
    for line in text(path).split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
      guard words.count == 3, words[2] == "kB", let value = UInt64(words[1]) else { continue }
      fields[String(words[0])] = value << 10
    }
    return fields
  }

  private static func text(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
