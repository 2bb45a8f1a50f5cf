import FileFormats
import Foundation
import VAEGPU

/// Runs parts of the doctor's checks as processes, each step with a limit.
struct DoctorSupervisor {
  struct Result {
    var findings: [Finding] = []
    /// Selectors of the OpenCL devices that were found.
    var devices: [String] = []
  }

  /// Seconds after which a step that goes on is worth a line.
  private static let patience = 20.0

  /// Seconds of a step; nil: that of the part.
  let limit: Double?
  /// Whether the step is shown while it goes on, where stderr is a terminal.
  let isLive: Bool

  func run(_ part: DoctorPart, onFinding: (Finding) throws -> Void) throws -> Result {
    var result = Result()
    var doing = "starting"
    var isAnnounced = false
    let limit = limit ?? part.limit
    let isDrawn = isLive && Console.isTerminal
    func take(_ finding: Finding) throws {
      if isDrawn { Console.draw("\r\u{1B}[K") }
      result.findings.append(finding)
      try onFinding(finding)
    }
    let process = try SupervisedProcess(["doctor", "--part", part.name])
    let end = try process.wait(limit: limit) { line in
      guard let json = try? StrictJSON.parse(Array(line.utf8), path: part.name) else { return }
      if let step = json["doing"]?.string { (doing, isAnnounced) = (step, false) }
      if let selector = json["device"]?.string { result.devices.append(selector) }
      if let finding = json["finding"].flatMap({ Finding($0) }) { try take(finding) }
    } onWaiting: { seconds in
      if isDrawn {
        let text = "      \(part.name): \(doing), \(Int(seconds)) s"
        Console.draw("\r" + text.prefix(Console.width - 1) + "\u{1B}[K")
      } else if seconds > Self.patience, seconds < limit, !isAnnounced {
        isAnnounced = true
        Console.error(
          "doctor  \(part.name): \(doing) has taken \(Int(seconds)) s; it is stopped after "
            + "\(Int(limit)) s (--limit)")
      }
    }
    let advice = "update or remove the driver; --limit gives it more seconds"
    switch end {
    case .exited(0): break
    case .exited(let code):
      try take(Finding(.fail, part.name, "ended with code \(code) while \(doing)", fix: advice))
    case .signalled(let signal):
      let name = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
      try take(Finding(.fail, part.name, "crashed (\(name)) while \(doing)", fix: advice))
    case .stopped:
      try take(
        Finding(
          .fail, part.name, "did not end within \(Int(limit)) s: \(doing)", fix: advice))
    }
    if isDrawn { Console.draw("\r\u{1B}[K") }
    let lines = process.errors.split(whereSeparator: \.isNewline).map(String.init)
    if !lines.isEmpty {
      let shown = lines.prefix(5).joined(separator: " | ")
      let rest = lines.count > 5 ? " | and \(lines.count - 5) lines" : ""
      var finding = Finding(.note, "\(part.name), printed", shown + rest)
      finding.output = lines.prefix(50).map { FileError.escaped($0, limit: 500) }
      try take(finding)
    }
    return result
  }
}
