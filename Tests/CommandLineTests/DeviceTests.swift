import FileFormats
import Testing

@Suite struct DeviceTests {
  private static let noDriver = ["OCL_ICD_VENDORS": "/nonexistent"]

  @Test func devicesListTheCPUFirst() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run("devices", "--json")
    #expect(result.code == 0 && result.errors.isEmpty)
    let devices = try #require(try result.json().elements)
    #expect(devices.first?["selector"]?.string == "cpu")
    #expect(devices.first?["index"] == .null)
    for (position, device) in devices.enumerated() {
      let keys = [
        "name", "vendor", "platform", "driver", "type", "compute_units", "memory", "features",
      ]
      for key in keys { #expect(device[key] != nil, "\(key) of \(position)") }
      if position > 0 { #expect(device["index"]?.int == position - 1) }
    }
    #expect(try workspace.run("devices").output.contains("\ncpu "))
  }

  @Test func aMissingDeviceIsAnErrorNeverAnotherDevice() throws {
    let workspace = try Workspace()
    let train = ["train"] + Workspace.tinyModel
    try workspace.expectError(train + ["--device", "99"], code: 69, "--device 99")
    try workspace.expectError(train + ["--device", "no such device"], code: 69, "no such device")
    try workspace.expectError(
      train, code: 69, "VAE_GPU_DEVICE", environment: ["VAE_GPU_DEVICE": "99"])
    #expect(!workspace.exists("runs"))
  }

  @Test func theFlagOverridesTheEnvironment() throws {
    let workspace = try TrainedRun.workspace()
    let result = try workspace.run(
      ["evaluate", "run", "--device", "cpu"], environment: ["VAE_GPU_DEVICE": "99"])
    #expect(result.code == 0, "\(result)")
  }

  @Test func withoutADriverTheCPUWorks() throws {
    let workspace = try Workspace()
    let train = ["train", "--max-steps", "1"] + Workspace.tinyModel
    let result = try workspace.run(train, environment: Self.noDriver)
    #expect(result.code == 0, "\(result)")
    #expect(result.errors.contains("CPU backend") && result.errors.contains("no GPU"))
    try workspace.expectError(
      train + ["--device", "0"], code: 69, "no OpenCL driver", environment: Self.noDriver)
    let devices = try workspace.run(["devices", "--json"], environment: Self.noDriver)
    #expect(try devices.json().elements?.count == 1)
    let doctor = try workspace.run(["doctor", "--json"], environment: Self.noDriver)
    #expect(doctor.code == 0, "\(doctor)")
    let checks = try #require(try doctor.json()["checks"]?.elements)
    #expect(checks.first?["status"]?.string == "note")
    #expect(checks.first?["fix"]?.string != nil)
  }

  @Test func doctorChecksEveryDevice() throws {
    let workspace = try Workspace(withData: false)
    let devices = try #require(try workspace.run("devices", "--json").json().elements)
    let result = try workspace.run("doctor", "--json")
    #expect(result.code == 0, "\(result)")
    #expect(try result.json()["ok"]?.bool == true)
    let checks = try #require(try result.json()["checks"]?.elements).compactMap {
      $0["check"]?.string
    }
    for device in devices {
      let selector = try #require(device["selector"]?.string)
      #expect(checks.contains("device \(selector), 64x64x64 GEMM"))
      #expect(checks.contains("device \(selector), sample and KL kernel"))
    }
    #expect(checks.contains("disk"))
  }

  @Test func benchValidatesAndPrintsOneObjectALine() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run(
      "bench", "--work", "linear,mlp300g", "--steps", "1", "--repeats", "1", "--json")
    #expect(result.code == 0, "\(result)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines {
      let json = try StrictJSON.parse(Array(line.utf8), path: "bench")
      #expect(json["validated"]?.bool == true)
      #expect(json["work"]?.string != nil && json["device"]?.string != nil)
      #expect(json["batch"]?.int == 128)
      let keys = [
        "images_per_s", "ms_per_step", "launches_per_step", "gflops", "repeats",
        "images_per_s_min", "images_per_s_max",
      ]
      for key in keys { #expect(json[key]?.double.map { $0 > 0 } == true, "\(key) in \(line)") }
    }
  }
}
