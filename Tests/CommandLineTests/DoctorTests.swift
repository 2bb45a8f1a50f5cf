import FileFormats
import Foundation
import Testing

/// The doctor outlives drivers that hang.
@Suite struct DoctorTests {
  /// A folder in which the loader of OpenCL drivers hangs: it opens a pipe that nobody writes to.
  private func hangingDrivers(in workspace: Workspace) throws -> [String: String] {
    let folder = workspace.file("icd")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(mkfifo(folder + "/hangs.icd", 0o600) == 0)
    return ["OCL_ICD_VENDORS": folder]
  }

  @Test func aDriverThatHangsIsAFailureAndTheOtherChecksGoOn() throws {
    let workspace = try Workspace(withData: false)
    let environment = try hangingDrivers(in: workspace)
    let result = try workspace.run(["doctor", "--json", "--limit", "2"], environment: environment)
    #expect(result.code == 1, "\(result)")
    let json = try result.json()
    #expect(json["ok"]?.bool == false)
    let checks = try #require(json["checks"]?.elements)
    let first = try #require(checks.first)
    #expect(first["status"]?.string == "fail" && first["check"]?.string == "drivers", "\(result)")
    let detail = first["detail"]?.string ?? ""
    #expect(detail.contains("2 s") && detail.contains("looking for OpenCL drivers"), "\(detail)")
    #expect(first["fix"]?.string?.contains("--limit") == true)
    let names = checks.compactMap { $0["check"]?.string }
    #expect(names.contains("device cpu, 64x64x64 GEMM") && names.contains("disk"), "\(names)")
    #expect(checks.filter { $0["status"]?.string == "fail" }.count == 1, "\(result)")
    #expect(result.errorLines.count == 1 && result.errors.contains("drivers"), "\(result)")
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/etc/OpenCL/vendors/pocl.icd"),
      "PoCL is not installed"))
  func whatDriversPrintIsShown() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run(
      ["doctor", "--json"],
      environment: [
        "POCL_DEBUG": "1", "OCL_ICD_VENDORS": "/etc/OpenCL/vendors/pocl.icd",
        "POCL_CACHE_DIR": "/proc/x",
      ])
    let checks = try #require(try result.json()["checks"]?.elements)
    let printed = try #require(checks.first { $0["check"]?.string == "drivers, printed" })
    #expect(printed["status"]?.string == "note" && result.code == 0, "\(result)")
    #expect(printed["detail"]?.string?.contains("POCL") == true, "\(result)")
    #expect(printed["output"]?.elements?.isEmpty == false)
    #expect(result.errors.isEmpty, "\(result)")
  }

  @Test func aPartThatDoesNotExistIsRefused() throws {
    let workspace = try Workspace(withData: false)
    try workspace.expectError(["doctor", "--part", "nothing"], code: 64, "nothing")
    try workspace.expectError(["doctor", "--limit", "0"], code: 64, "--limit")
  }
}
