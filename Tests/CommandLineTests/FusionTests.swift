import FileFormats
import Testing

/// VAE_GPU_FUSION=0 runs every recorded operation by itself; a run is the same to the byte.
@Suite struct FusionTests {
  @Test(arguments: CommandLineTool.devices)
  func aRunWithoutFusionWritesTheSameCheckpoint(_ device: String) throws {
    let workspace = try Workspace()
    let train =
      ["train", "--device", device, "--max-steps", "7"] + Workspace.tinyModel
    for (name, fusion) in [("fused", "1"), ("unfused", "0")] {
      let result = try workspace.run(
        train + ["--out", name], environment: ["VAE_GPU_FUSION": fusion])
      #expect(result.code == 0, "\(result)")
    }
    let file = "checkpoints/last.safetensors"
    let areEqual = try workspace.bytes("fused/\(file)") == workspace.bytes("unfused/\(file)")
    #expect(areEqual)
  }

  @Test func withoutFusionAStepHasMoreLaunches() throws {
    let bench = [
      "bench", "--device", "cpu", "--work", "linear", "--steps", "1", "--repeats", "1", "--json",
    ]
    let result = try Workspace(withData: false).run(bench, environment: ["VAE_GPU_FUSION": "0"])
    // 13 fused ones; two layers, two bias gradients, the likelihood, the gradient of the posterior and the end of the
    // backward pass are two each.
    #expect(try result.json()["launches_per_step"]?.int == 13 + 7, "\(result)")
  }
}
