import FileFormats
import Foundation
import Testing

/// The search of `check` for a GPU's driver, in folders of the test.
@Suite struct DriverSearchTests {
  private let bundle: CheckBundle

  init() throws { bundle = try CheckBundle() }

  /// The driver's part of a report, after libraries were put into `places`.
  private func search(_ libraries: String..., carried: String? = nil) throws -> (
    JSONValue, JSONValue
  ) {
    for library in libraries {
      let folder = library.prefix(while: { $0 != "/" })
      try FileManager.default.createDirectory(
        atPath: bundle.workspace.file(String(folder)), withIntermediateDirectories: true)
      try bundle.workspace.write("", to: library)
    }
    try bundle.write(
      #"echo "{\"vendors\": \"$(cat "$OCL_ICD_VENDORS"/nvidia.icd)\", \"libraries\": \"$LD_LIBRARY_PATH\"}""#,
      to: "vae-gpu")
    let places = ["one", "two"].map(bundle.workspace.file).joined(separator: ":")
    _ = try bundle.start(
      ["--budget", "60"] + (carried.map { ["--driver", $0] } ?? []),
      environment: ["VAE_GPU_CHECK_PLACES": places, "OCL_ICD_VENDORS": "", "LD_LIBRARY_PATH": ""]
    ).wait()
    let report = try bundle.report()
    return (
      try #require(report["driver"]), try #require(report["devices"]?["output"]?.elements?.last)
    )
  }

  @Test func aDriverInAnOddPlaceIsShownToTheLoader() throws {
    let (driver, devices) = try search("two/libnvidia-opencl.so.1", "one/libcuda.so.580.1")
    let found = driver["output"]?.elements?.first
    let path = bundle.workspace.file("two/libnvidia-opencl.so.1")
    #expect(driver["state"]?.string == "passed", "\(driver)")
    #expect(found?["opencl_driver"]?.string == path && found?["carry"] == .null)
    #expect(found?.strings("libcuda") == [bundle.workspace.file("one/libcuda.so.580.1")])
    #expect(devices["vendors"]?.string == path, "\(devices)")
    #expect(devices["libraries"]?.string == bundle.workspace.file("two"), "\(devices)")
  }

  @Test func aVersionWithoutItsLinkIsFound() throws {
    let (driver, devices) = try search("one/libnvidia-opencl.so.580.159.04")
    #expect(driver["state"]?.string == "passed", "\(driver)")
    #expect(
      devices["vendors"]?.string == bundle.workspace.file("one/libnvidia-opencl.so.580.159.04"))
  }

  @Test func whereItIsAbsentTheReportSaysWhatToCarry() throws {
    let (driver, devices) = try search("one/libcuda.so.580.159.04")
    #expect(driver["state"]?.string == "failed", "\(driver)")
    let found = driver["output"]?.elements?.first
    #expect(found?["opencl_driver"] == .null && found?["nvidia_version"]?.string == "580.159.04")
    let advice = found?["carry"]?.string ?? ""
    for phrase in ["libnvidia-opencl.so.1", "580.159.04", "--driver FOLDER"] {
      #expect(advice.contains(phrase), "\(advice)")
    }
    #expect(devices["vendors"]?.string == "" && devices["libraries"]?.string == "")
  }

  @Test func aCarriedDriverComesFirst() throws {
    let (driver, devices) = try search(
      "one/libnvidia-opencl.so.1", "carried/libnvidia-opencl.so.1", carried: "carried")
    #expect(driver["state"]?.string == "passed", "\(driver)")
    #expect(
      devices["vendors"]?.string == bundle.workspace.file("carried/libnvidia-opencl.so.1"))
  }
}
