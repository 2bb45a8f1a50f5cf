import ArgumentParser
import FileFormats
import Foundation
import VAEGPU

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check drivers, devices, kernels, the data set and the disk.",
    discussion: """
      Every device multiplies two 64 x 64 matrices and runs the fused kernel of sampling and KL; \
      both are held against the CPU in float64. A line is ok, FAIL (exit code 1) or note; what can \
      be mended has the line that mends it. Drivers are checked in a process of their own: one that \
      hangs or crashes is a FAIL with what it was doing, and the next check goes on.
      """)

  @Flag(help: "Print one JSON object.") var json = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Seconds that one step, such as compiling a kernel, may take (default: 20 for finding drivers, \
      120 for a step on a device, 60 for files).
      """, valueName: "n"),
    transform: FlagValue.integer(1...86_400))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      """
      Run one part in this process, as the doctor does in another: drivers, 'device N' or files; one \
      JSON object a line.
      """, valueName: "name"),
    transform: FlagValue.path)
  var part: String?

  func run() throws {
    if let part {
      guard let part = DoctorPart(name: part) else { throw UsageError("--part \(part): unknown") }
      return DoctorChild(part).run()
    }
    let supervisor = DoctorSupervisor(limit: limit.map(Double.init), isLive: !json)
    var findings: [Finding] = []
    func take(_ part: DoctorPart) throws -> [String] {
      let result = try supervisor.run(part) { finding in
        if !json { for line in finding.lines { try Console.print(line) } }
      }
      findings += result.findings
      return result.devices
    }
    let devices = try take(.drivers)
    for device in ["cpu"] + devices { _ = try take(.device(device)) }
    _ = try take(.files)
    let failures = findings.filter { $0.status == .fail }
    if json {
      try Console.print(
        JSONValue.object([
          .init("ok", .bool(failures.isEmpty)), .init("checks", .array(findings.map(\.json))),
        ]).text)
    }
    guard failures.isEmpty else {
      let names = failures.map(\.check).joined(separator: ", ")
      throw FoundFailure("\(failures.count) of \(findings.count) checks failed: \(names)")
    }
  }
}

/// One line of the doctor's report.
struct Finding {
  enum Status: String, CaseIterable {
    case ok
    case note
    case fail = "FAIL"
  }

  let status: Status
  let check: String
  let detail: String
  /// The line that mends it.
  var fix: String?
  /// What was printed by a driver.
  var output: [String] = []

  init(_ status: Status, _ check: String, _ detail: String, fix: String? = nil) {
    self.status = status
    self.check = check
    self.detail = ErrorReport.oneLine(detail)
    self.fix = fix
  }

  var lines: [String] {
    let mark = status.rawValue.padding(toLength: 4, withPad: " ", startingAt: 0)
    return ["\(mark)  \(check): \(detail)"] + (fix.map { ["      mend it: \($0)"] } ?? [])
  }

  var json: JSONValue {
    .object([
      .text("status", status.rawValue.lowercased()), .text("check", check),
      .text("detail", detail), .init("fix", fix.map { .string($0) } ?? .null),
      .init("output", .array(output.map { .string($0) })),
    ])
  }

  /// nil for what `json` does not make.
  init?(_ json: JSONValue) {
    let status = Status.allCases.first { $0.rawValue.lowercased() == json["status"]?.string }
    guard let status, let check = json["check"]?.string, let detail = json["detail"]?.string
    else { return nil }
    self.init(status, check, detail, fix: json["fix"]?.string)
  }
}
