import Foundation
import Testing

/// Outputs that cannot be created (73) or do not fit on the disk (74).
@Suite struct OutputErrorTests {
  @Test func anUnwritableOutputIsNamed() throws {
    let workspace = try TrainedRun.workspace()
    let commands = [
      ["sample", "run"], ["reconstruct", "run"], ["encode", "run"], ["interpolate", "run"],
      ["grid", "run"],
    ]
    for command in commands {
      try workspace.expectError(command + ["-o", "no/x.npy"], code: 73, "no/x.npy")
    }
    try workspace.expectError(
      ["sample", "run", "-o", "tiny/train-images-idx3-ubyte/x.png"], code: 73, "x.png")
  }

  @Test func anUnwritableRunDirectoryIsNamed() throws {
    let workspace = try Workspace()
    try workspace.write("", to: "file")
    for out in ["file", "file/run", "/proc/run"] {
      try workspace.expectError(
        ["train", "--out", out] + Workspace.tinyModel, code: 73, out)
    }
  }

  @Test func aRunIsNeverOverwritten() throws {
    let workspace = try TrainedRun.workspace()
    let before = try workspace.bytes("run/checkpoints/last.safetensors")
    try workspace.expectError(
      ["train", "--out", "run"] + Workspace.tinyModel, code: 73, "run", "--resume")
    #expect(try workspace.bytes("run/checkpoints/last.safetensors") == before)
  }

  @Test func nothingStaysOfARunThatCouldNotBegin() throws {
    let workspace = try Workspace()
    try workspace.expectError(
      ["train", "--data", "tiny", "--hidden", "65536,30000", "--out", "run"], code: 69,
      "parameters")
    #expect(!workspace.exists("run"))
  }

  /// Mounts a file system of 64 KiB at `full`.
  private static func mountSmall(_ workspace: Workspace) -> Bool {
    guard mkdir(workspace.file("full"), 0o700) == 0 else { return false }
    return mount("tmpfs", workspace.file("full"), "tmpfs", 0, "size=64k") == 0
  }

  private static func unmountSmall(_ workspace: Workspace) {
    umount2(workspace.file("full"), Int32(MNT_DETACH))
  }

  /// Whether this process may mount: without that there is no disk to fill.
  private static let mayMount: Bool = {
    guard let workspace = try? Workspace(withData: false), mountSmall(workspace) else {
      return false
    }
    unmountSmall(workspace)
    return true
  }()

  @Test(.enabled(if: mayMount, "this process may not mount"))
  func aFullDiskIsNamedAndLeavesNothingHalfWritten() throws {
    let workspace = try TrainedRun.workspace()
    try #require(Self.mountSmall(workspace))
    defer { Self.unmountSmall(workspace) }
    try workspace.expectError(
      ["sample", "run", "-n", "1000", "-o", "full/x.npy"], code: 74, "full/x.npy", "space")
    #expect(!workspace.exists("full/x.npy"))
    let run = try workspace.run(
      ["train", "--out", "full/run", "--quiet", "--hidden", "128", "--data", "tiny"])
    #expect(run.code == 74 && run.errorLines.count == 1, "\(run)")
    #expect(!workspace.exists("full/run/checkpoints/last.safetensors"))
  }

  @Test(.enabled(if: mayMount, "this process may not mount"))
  func doctorFailsWhereTheDiskIsFull() throws {
    let workspace = try Workspace()
    try #require(Self.mountSmall(workspace))
    defer { Self.unmountSmall(workspace) }
    let result = try RunningTool(
      ["doctor"], in: workspace.file("full"), environment: ["OCL_ICD_VENDORS": "/nonexistent"]
    ).wait()
    #expect(result.code == 1, "\(result)")
    #expect(result.output.contains("FAIL  disk") && result.output.contains("mend it: free"))
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("vae-gpu: error: 1 of "))
  }
}
