import FileFormats
import Foundation
import Testing

/// Inputs that are missing (66) or bad (65).
@Suite struct InputErrorTests {
  @Test func missingDataIsNamed() throws {
    let workspace = try Workspace()
    try workspace.expectError(["train", "--data", "nowhere"], code: 66, "nowhere")
    try workspace.expectError(["train", "--data", "fashion-mnits"], code: 66, "\"fashion-mnist\"")
    try FileManager.default.removeItem(atPath: workspace.file("tiny/t10k-images-idx3-ubyte"))
    try workspace.expectError(["train", "--data", "tiny"], code: 66, "t10k-images")
    #expect(!workspace.exists("runs"))
  }

  @Test func damagedImagesAreBadData() throws {
    let workspace = try Workspace()
    let name = "tiny/train-images-idx3-ubyte"
    let good = try workspace.bytes(name)
    let bombs: [[UInt8]] = [
      [], Array(good.prefix(15)), Array(good.dropLast()), good + [0],
      [0, 0, 8, 1] + good.dropFirst(4),
      [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
    ]
    for bytes in bombs {
      try workspace.write(bytes, to: name)
      try workspace.expectError(["train", "--data", "tiny"], code: 65, "train-images")
    }
    #expect(!workspace.exists("runs"))
  }

  @Test func labelsOfAnotherCountAreBadData() throws {
    let workspace = try Workspace()
    try workspace.write([0, 0, 8, 1, 0, 0, 0, 1, 7], to: "tiny/train-labels-idx1-ubyte")
    try workspace.expectError(["train", "--data", "tiny"], code: 65, "train-labels", "96")
  }

  @Test func aDirectoryThatIsNoRunIsMissingInput() throws {
    let workspace = try Workspace()
    for command in ["evaluate", "sample", "reconstruct", "encode", "interpolate", "grid"] {
      let output = command == "evaluate" ? [] : ["-o", "x.npy"]
      try workspace.expectError([command, "none"] + output, code: 66, "none")
      try workspace.expectError([command, "tiny"] + output, code: 66, "tiny/config.toml")
    }
    try workspace.expectError(["train", "--resume", "none"], code: 66, "none")
  }

  @Test func imagesOfAnotherSizeAreBadData() throws {
    let workspace = try TrainedRun.workspace()
    try workspace.writeImages(in: "large", side: 9)
    try workspace.expectError(["evaluate", "run", "--data", "large"], code: 65, "9x9", "8x8")
    try workspace.expectError(
      ["reconstruct", "run", "--data", "large", "-o", "x.npy"], code: 65, "9x9", "8x8")
  }

  @Test func damagedCheckpointsAreBadData() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "1", "--out", "run").code == 0)
    #expect(
      try workspace.train("--hidden", "8", "--max-steps", "1", "--out", "other").code == 0)
    let name = "run/checkpoints/last.safetensors"
    let good = try workspace.bytes(name)
    var header = good
    header[20] = 0
    var flipped = good
    flipped[good.count - 3] ^= 1
    let bad: [[UInt8]] = [
      flipped,
      [], Array(good.dropLast(3)), good + [0], header, [UInt8](repeating: 255, count: 64),
      try workspace.bytes("other/checkpoints/last.safetensors"),
    ]
    for bytes in bad {
      try workspace.write(bytes, to: name)
      try workspace.expectError(["evaluate", "run"], code: 65, "last.safetensors")
      try workspace.expectError(
        ["train", "--resume", "run", "--quiet"], code: 65, "last.safetensors")
    }
    unlink(workspace.file(name))
    try workspace.expectError(
      ["sample", "run", "-o", "x.png"], code: 66, "last.safetensors", "train --resume run")
  }

  @Test func aDamagedTensorIsNamedByEveryReader() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "1", "--out", "run").code == 0)
    let name = "run/checkpoints/best.safetensors"
    var bytes = try workspace.bytes(name)
    let file = try SafeTensors.read(workspace.file(name))
    let entry = try #require(file.entry(named: "posterior.weight"))
    let data = bytes.count - (file.entries.map(\.range.upperBound).max() ?? 0)
    bytes[data + entry.range.upperBound - 2] ^= 0x10
    try workspace.write(bytes, to: name)
    for command in [
      ["evaluate", "run", "--checkpoint", "best"],
      ["import", name, "--hidden", "16", "--latent", "2", "--likelihood", "bernoulli"],
    ] {
      try workspace.expectError(command, code: 65, name, "posterior.weight", "CRC-32")
    }
  }

  @Test func aStepThatLeavesNoRoomIsBadData() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--epochs", "1", "--out", "run").code == 0)
    let path = workspace.file("run/checkpoints/last.safetensors")
    let file = try SafeTensors.read(path)
    var metadata = file.metadata.filter { !$0.key.hasPrefix("crc32.") }
    metadata["step"] = "4294967294"
    try SafeTensors.write(
      tensors: file.entries.map { ($0.name, $0.shape, try file.floats(named: $0.name)) },
      metadata: metadata.map { ($0.key, $0.value) }, to: path)
    try workspace.expectError(
      ["train", "--resume", "run", "--epochs", "2", "--quiet"], code: 65, "step 4294967294")
  }

  @Test func weightsWithoutMetadataAreSentToImport() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "1", "--out", "run").code == 0)
    try SafeTensors.write(
      tensors: [(name: "x", shape: [1], values: [1])], metadata: [],
      to: workspace.file("run/checkpoints/last.safetensors"))
    try workspace.expectError(["evaluate", "run"], code: 65, "vae-gpu import")
  }
}
