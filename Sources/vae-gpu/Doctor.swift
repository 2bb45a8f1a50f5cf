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
      be mended has the line that mends it.
      """)

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    var findings: [Finding] = []
    for check in DoctorChecks.all {
      for finding in check() {
        findings.append(finding)
        if !json { for line in finding.lines { try Console.print(line) } }
      }
    }
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
  enum Status: String {
    case ok
    case note
    case fail = "FAIL"
  }

  let status: Status
  let check: String
  let detail: String
  /// The line that mends it.
  var fix: String?

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
    ])
  }
}
