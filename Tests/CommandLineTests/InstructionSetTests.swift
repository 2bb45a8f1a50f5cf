import FileFormats
import Testing

/// VAE_GPU_ISA forces the instruction set of the CPU backend.
@Suite struct InstructionSetTests {
  private static let train = ["train", "--max-steps", "3", "--device", "cpu"] + Workspace.tinyModel

  @Test func anUnknownWordIsAnError() throws {
    let workspace = try Workspace()
    for command in [["devices"], Self.train, ["bench", "--work", "linear"]] {
      try workspace.expectError(
        command, code: 69, "VAE_GPU_ISA=avx9", environment: ["VAE_GPU_ISA": "avx9"])
    }
    try workspace.expectError(
      ["devices"], code: 69, "VAE_GPU_MATRIX=emulate", "emulated-wmma",
      environment: ["VAE_GPU_MATRIX": "emulate"])
    #expect(!workspace.exists("runs"))
    #expect(try workspace.run(["--help"], environment: ["VAE_GPU_ISA": "avx9"]).code == 0)
  }

  @Test func everyLevelTrainsTheSameBytes() throws {
    let workspace = try Workspace()
    let devices = try workspace.run("devices", "--json").json()
    let best = try #require(devices.elements?.first?["isa"]?.string)
    let lower = best.hasPrefix("x86-64-") ? ["x86-64-v2", "x86-64-v3", "x86-64-v4"] : []
    let levels = Array(lower.prefix { $0 != best }) + [best]
    var checkpoints: [[UInt8]] = []
    for level in levels {
      let environment = ["VAE_GPU_ISA": level]
      let listed = try workspace.run(["devices"], environment: environment)
      #expect(listed.code == 0 && listed.output.contains(" \(level)"), "\(listed)")
      let result = try workspace.run(Self.train + ["--out", level], environment: environment)
      #expect(result.code == 0, "\(result)")
      checkpoints.append(try workspace.bytes("\(level)/checkpoints/last.safetensors"))
    }
    for (level, checkpoint) in zip(levels, checkpoints) {
      let areEqual = checkpoint == checkpoints[0]
      #expect(areEqual, "\(level)")
    }
  }

  @Test func benchSaysTheLevel() throws {
    let workspace = try Workspace(withData: false)
    let devices = try workspace.run("devices", "--json").json()
    let level = try #require(devices.elements?.first?["isa"]?.string)
    let command = [
      "bench", "--work", "linear", "--steps", "1", "--repeats", "1", "--device", "cpu",
    ]
    let result = try workspace.run(command + ["--json"], environment: ["VAE_GPU_ISA": level])
    let json = try StrictJSON.parse(Array(result.output.utf8), path: "bench")
    #expect(json["isa"]?.string == level)
    let text = try workspace.run(command, environment: ["VAE_GPU_ISA": level])
    #expect(text.errors.contains(level), "\(text)")
  }
}
