import FileFormats
import Foundation
import Testing

/// Drivers that no `.icd` file names. PoCL, under the name of NVIDIA's library, is the driver.
@Suite(.enabled(if: DisguisedDriver.isPossible, "PoCL is not installed"))
struct DriverTests {
  @Test(.enabled(if: DisguisedDriver.canEmptyVendors, "this process may not mount"))
  func aDriverWithoutAnICDFileIsFoundAndWorks() throws {
    let driver = try DisguisedDriver()
    let devices = try driver.runWithoutICDFiles(["devices"])
    #expect(devices.code == 0 && devices.output.contains("\n0 "), "\(devices)")
    #expect(devices.errorLines.count == 1 && devices.errors.contains(driver.file), "\(devices)")
    let doctor = try driver.runWithoutICDFiles(["doctor", "--json"])
    #expect(doctor.code == 0, "\(doctor)")
    let checks = try #require(try doctor.json()["checks"]?.elements)
    let finding = checks.first { $0["check"]?.string == "OpenCL driver without an .icd file" }
    #expect(finding?["detail"]?.string?.contains(driver.file) == true, "\(doctor)")
    #expect(checks.contains { $0["check"]?.string == "device 0, 64x64x64 GEMM" }, "\(doctor)")
    // What shows the driver to the loader is gone again.
    #expect(try driver.leftovers().isEmpty)
  }

  @Test func aDriverThatAnICDFileNamesIsListedOnce() throws {
    let driver = try DisguisedDriver()
    let usual = try driver.workspace.run("devices", "--json")
    let result = try driver.workspace.run(["devices", "--json"], environment: driver.environment)
    #expect(result.output == usual.output && result.errors.isEmpty, "\(result)")
  }

  @Test(arguments: ["OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"])
  func whoeverTellsTheLoaderWhereToLookIsObeyed(_ variable: String) throws {
    let driver = try DisguisedDriver()
    let environment = driver.environment.merging([variable: "/nonexistent"]) { $1 }
    let result = try driver.workspace.run(["devices", "--json"], environment: environment)
    #expect(try result.json().elements?.count == 1, "\(result)")
  }
}

/// A folder with PoCL's library as libnvidia-opencl.so.1, and beside it what PoCL looks for relative to itself.
private struct DisguisedDriver {
  private static let libraries = "/usr/lib/x86_64-linux-gnu"
  private static let vendors = "/etc/OpenCL/vendors"

  static let isPossible = ["\(libraries)/libpocl.so.2", "\(vendors)/pocl.icd"]
    .allSatisfy(FileManager.default.fileExists)

  /// Whether a process may have an empty folder of `.icd` files of its own.
  static let canEmptyVendors: Bool = {
    guard let workspace = try? Workspace(withData: false) else { return false }
    let result = try? workspace.start(
      namespace(empty: workspace.path) + ["true"], program: "/usr/bin/env"
    ).wait()
    return result?.code == 0
  }()

  let workspace: Workspace
  /// The library under its false name.
  let file: String
  let environment: [String: String]

  init() throws {
    workspace = try Workspace(withData: false)
    let folder = workspace.file("usr/lib/x86_64-linux-gnu")
    file = folder + "/libnvidia-opencl.so.1"
    let temporary = workspace.file("temporary")
    let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
    environment = ["LD_LIBRARY_PATH": folder + others, "TMPDIR": temporary]
    for path in [folder, workspace.file("usr/share"), workspace.file("empty"), temporary] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let links = [
      (file, "\(Self.libraries)/libpocl.so.2"), ("\(folder)/pocl", "\(Self.libraries)/pocl"),
      (workspace.file("usr/share/pocl"), "/usr/share/pocl"),
    ]
    for (link, target) in links {
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    }
  }

  /// Runs the tool where the loader's folder is empty.
  func runWithoutICDFiles(_ arguments: [String]) throws -> CommandLineTool.Result {
    try workspace.start(
      Self.namespace(empty: workspace.file("empty")) + [CommandLineTool.path] + arguments,
      environment: environment, program: "/usr/bin/env"
    ).wait()
  }

  func leftovers() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: workspace.file("temporary"))
      .filter { $0.hasPrefix("vae-gpu") }
  }

  private static func namespace(empty: String) -> [String] {
    let script = #"mount --bind "$1" "$2" && shift 2 && exec "$@""#
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", empty, vendors]
  }
}
