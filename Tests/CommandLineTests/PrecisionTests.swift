import FileFormats
import Testing

/// `--precision`: bf16 is for the CPU backend and GPUs with matrix instructions, tf32 for these
/// alone.
@Suite struct PrecisionTests {
  private static let train = ["train", "--max-steps", "5"] + Workspace.tinyModel

  @Test func aRunInBF16IsAnotherRunAndIsResumedAsOne() throws {
    let workspace = try Workspace()
    let bf16 = ["--device", "cpu", "--precision", "bf16"]
    for (name, flags) in [("a", bf16), ("b", bf16), ("c", ["--device", "cpu"])] {
      let result = try workspace.run(Self.train + flags + ["--out", name])
      #expect(result.code == 0, "\(result)")
      #expect(result.errors.contains("bf16 matrix products") == (name != "c"), "\(result)")
    }
    let last = "checkpoints/last.safetensors"
    let whole = try workspace.bytes("a/" + last)
    #expect(try whole == workspace.bytes("b/" + last))
    #expect(try whole != workspace.bytes("c/" + last))
    #expect(try workspace.text("a/config.toml").contains("precision = \"bf16\""))
    #expect(try workspace.text("c/config.toml").contains("precision = \"fp32\""))
    let flags = ["--max-steps", "2"]
    #expect(try workspace.run(Self.train + flags + bf16 + ["--out", "parts"]).code == 0)
    let resumed = try workspace.run("train", "--resume", "parts", "--max-steps", "5")
    #expect(resumed.code == 0, "\(resumed)")
    #expect(try workspace.bytes("parts/" + last) == whole)
    try workspace.expectError(
      ["train", "--resume", "parts", "--precision", "fp32"], code: 64, "--precision", "bf16")
    let evaluated = try workspace.run("evaluate", "a", "--device", "cpu")
    #expect(evaluated.code == 0, "\(evaluated)")
  }

  /// x86-64-v2, which every x86-64 processor of today has, leaves the instructions for bf16 alone.
  @Test func slowBF16IsWarnedOf() throws {
    let workspace = try Workspace()
    let flags = Self.train + ["--device", "cpu", "--out"]
    let devices = try workspace.run("devices", "--json").json()
    let best = try #require(devices.elements?.first?["isa"]?.string)
    let level = ["VAE_GPU_ISA": best.hasPrefix("x86-64-") ? "x86-64-v2" : best]
    let slow = try workspace.run(flags + ["a", "--precision", "bf16"], environment: level)
    #expect(slow.code == 0 && slow.errors.contains("warning: bf16 does not pay"), "\(slow)")
    let plain = try workspace.run(flags + ["b"], environment: level)
    #expect(plain.code == 0 && !plain.errors.contains("bf16"), "\(plain)")
  }

  @Test func aFileOfSettingsMayAskForBF16() throws {
    let workspace = try Workspace()
    try workspace.write("precision = \"bf16\"\ndevice = \"cpu\"\n", to: "s.toml")
    let result = try workspace.run(Self.train + ["--config", "s.toml", "--out", "run"])
    #expect(result.code == 0, "\(result)")
    #expect(result.errors.contains("bf16 matrix products"))
    try workspace.write("precision = \"half\"\n", to: "s.toml")
    try workspace.expectError(
      ["train", "--config", "s.toml"], code: 64, "s.toml", "fp32, tf32, bf16")
  }

  @Test func anOpenCLDeviceIsRefused() throws {
    let workspace = try Workspace()
    let devices = try #require(try workspace.run("devices", "--json").json().elements)
    for device in devices.dropFirst() {
      let flags = ["--device", device["selector"]?.string ?? "", "--precision", "bf16"]
      let phrases = ("--precision: bf16", "OpenCL device", "--device cpu")
      try workspace.expectError(Self.train + flags, code: 64, phrases.0, phrases.1, phrases.2)
      try workspace.expectError(
        ["bench", "--work", "linear"] + flags, code: 64, phrases.0, phrases.1, phrases.2)
    }
    for command in [Self.train, ["bench", "--work", "linear"]] {
      try workspace.expectError(
        command + ["--device", "cpu", "--precision", "tf32"], code: 64, "--precision: tf32",
        "GPUs with matrix", "leave --precision out")
    }
    #expect(!workspace.exists("runs"))
  }

  @Test func benchSaysInWhichPrecisionItMeasured() throws {
    let workspace = try Workspace(withData: false)
    let bench = [
      "bench", "--work", "linear,mlp300g", "--device", "cpu", "--steps", "1", "--repeats", "1",
    ]
    for (flags, precision) in [([], "fp32"), (["--precision", "bf16"], "bf16")] {
      let result = try workspace.run(bench + flags + ["--json"])
      #expect(result.code == 0, "\(result)")
      for line in result.output.split(separator: "\n") {
        let json = try StrictJSON.parse(Array(line.utf8), path: "bench")
        #expect(json["precision"]?.string == precision && json["validated"]?.bool == true)
      }
    }
    let table = try workspace.run(bench + ["--precision", "bf16"])
    #expect(table.output.contains("GFLOP/s in bf16"), "\(table)")
    try workspace.expectError(["bench", "--precision", "fp8"], code: 64, "--precision", "bf16")
  }
}
