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

/// What is said of drivers that are installed and do not work.
@Suite struct DriverProblemTests {
  private static let hasPoCL = FileManager.default.fileExists(
    atPath: "/etc/OpenCL/vendors/pocl.icd")

  @Test(.enabled(if: hasPoCL, "PoCL is not installed"))
  func aPlatformWithoutADeviceIsNamedWithItsStatus() throws {
    let workspace = try TrainedRun.workspace()
    let environment = [
      "POCL_CACHE_DIR": "/proc/x", "OCL_ICD_VENDORS": "/etc/OpenCL/vendors/pocl.icd",
    ]
    let parts = ["Portable Computing Language", "CL_DEVICE_NOT_FOUND", "POCL_CACHE_DIR"]
    for arguments in [["devices"], ["devices", "--json"]] {
      let devices = try workspace.run(arguments, environment: environment)
      #expect(devices.code == 0 && devices.errorLines.count == 1, "\(devices)")
      for part in parts { #expect(devices.errors.contains(part), "\(devices)") }
    }
    for command in ["evaluate", "sample"] {
      let output = command == "sample" ? ["-o", "x.png"] : []
      let result = try workspace.run(
        [command, "run", "--device", "0"] + output, environment: environment)
      #expect(result.code == 69 && result.errorLines.count == 1, "\(result)")
      for part in parts { #expect(result.errors.contains(part), "\(result)") }
      #expect(!result.errors.contains("no OpenCL driver is installed"), "\(result)")
    }
    let doctor = try workspace.run(["doctor", "--json"], environment: environment)
    #expect(doctor.code == 0, "\(doctor)")
    let checks = try #require(try doctor.json()["checks"]?.elements)
    let finding = try #require(
      checks.first { $0["check"]?.string == "platform Portable Computing Language" })
    #expect(finding["status"]?.string == "note", "\(doctor)")
    #expect(finding["detail"]?.string?.contains("CL_DEVICE_NOT_FOUND") == true, "\(doctor)")
    #expect(finding["fix"]?.string?.contains("POCL_CACHE_DIR") == true, "\(doctor)")
  }

  @Test func aDriverThatCannotBeLoadedIsNamed() throws {
    let workspace = try Workspace(withData: false)
    try FileManager.default.createDirectory(
      atPath: workspace.file("icd"), withIntermediateDirectories: true)
    try workspace.write("libnothing-of-this-name.so\n", to: "icd/one.icd")
    for place in ["icd", "icd/one.icd", "libnothing-of-this-name.so"] {
      let result = try workspace.run(["devices"], environment: ["OCL_ICD_VENDORS": place])
      #expect(result.code == 0 && result.errorLines.count == 1, "\(result)")
      #expect(result.errors.contains("libnothing-of-this-name.so"), "\(place): \(result)")
      #expect(result.errors.contains("cannot be loaded"), "\(place): \(result)")
    }
  }

  @Test(.enabled(if: hasPoCL, "PoCL is not installed"))
  func aTuningFileThatCannotBeUsedIsNamedOnceAndTheCommandGoesOn() throws {
    let workspace = try TrainedRun.workspace()
    let environment = ["VAE_GPU_CACHE": workspace.file("tuned")]
    let info = try #require(
      try workspace.run("devices", "--json").json().elements?.first { $0["index"]?.int == 0 })
    let words = ["platform", "name", "driver"].compactMap { info[$0]?.string?.lowercased() }
      .joined(separator: " ")
      .split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == ".") }
    let name = "tuned/tuning/\(words.joined(separator: "-").prefix(180)).json"
    try FileManager.default.createDirectory(
      atPath: workspace.file("tuned/tuning"), withIntermediateDirectories: true)
    try workspace.write("{", to: name)
    let sample = ["sample", "run", "-n", "1", "-o", "tuned.png", "--device", "0"]
    let result = try workspace.run(sample, environment: environment)
    #expect(result.code == 0, "\(result)")
    #expect(result.errorLines.filter { $0.contains(name) }.count == 1, "\(result)")
    #expect(result.errors.contains("warning: "), "\(result)")
    let quiet = try workspace.run(sample + ["--quiet"], environment: environment)
    #expect(quiet.code == 0 && quiet.errors.isEmpty, "\(quiet)")
  }

  @Test(.enabled(if: hasPoCL, "PoCL is not installed"))
  func tuneTestsItsFileBeforeItMeasures() throws {
    let workspace = try Workspace(withData: false)
    try workspace.write("", to: "file")
    try workspace.expectError(
      ["tune", "--device", "0", "--json"], code: 73, "file/below", "VAE_GPU_CACHE",
      environment: ["VAE_GPU_CACHE": workspace.file("file/below")])
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
