import FileFormats
import Foundation
import Testing

/// Too little memory is one line and an exit code, never a crash.
@Suite struct MemoryTests {
  /// Runs the tool with a limit of its address space, in kilobytes.
  private func run(
    _ arguments: [String], kilobytes: Int, in workspace: Workspace
  ) throws -> CommandLineTool.Result {
    let script = #"ulimit -v "$1" && shift && exec "$@""#
    return try workspace.start(
      ["-c", script, "sh", "\(kilobytes)", CommandLineTool.path] + arguments, program: "/bin/sh"
    ).wait()
  }

  private func expectRefusal(
    _ result: CommandLineTool.Result, _ phrases: String...,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      result.code == 69 && result.errorLines.count == 1, "\(result)", sourceLocation: location)
    for phrase in phrases + ["memory"] {
      #expect(result.errors.contains(phrase), "\(phrase): \(result)", sourceLocation: location)
    }
  }

  @Test func trainingThatCannotFitIsRefusedBeforeItBegins() throws {
    let workspace = try Workspace()
    let train = [
      "train", "--device", "cpu", "--data", "tiny", "--hidden", "12000,12000", "--max-steps", "1",
      "--out", "u",
    ]
    expectRefusal(
      try run(train, kilobytes: 3_000_000, in: workspace), "parameters", "--hidden", "--samples")
    #expect(!workspace.exists("u"))
  }

  @Test func activationsThatCannotFitAreRefused() throws {
    let workspace = try Workspace()
    let result = try workspace.run([
      "train", "--device", "cpu", "--data", "tiny", "--batch-size", "96", "--hidden", "4000",
      "--samples", "65536", "--objective", "iwae", "--max-steps", "1", "--out", "u", "--quiet",
    ])
    expectRefusal(result, "--batch-size", "--samples", "--hidden")
    // A run that can never begin leaves nothing to resume.
    #expect(!workspace.exists("u"))
  }

  @Test func aModelThatCannotBeReadIsRefusedAndASmallerLimitOnlyThen() throws {
    let workspace = try TrainedRun.workspace()
    // What fits is not refused.
    let whole = try run(
      ["evaluate", "run", "--device", "cpu", "--threads", "1"], kilobytes: 4_000_000,
      in: workspace)
    #expect(whole.code == 0, "\(whole)")
    // A checkpoint whose size alone is too much; its content is never looked at.
    try FileManager.default.createDirectory(
      atPath: workspace.file("large/checkpoints"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: workspace.file("run/config.toml"), toPath: workspace.file("large/config.toml"))
    let path = workspace.file("large/checkpoints/last.safetensors")
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: 6 << 30)
    try file.close()
    for command in [["evaluate", "large"], ["sample", "large", "-o", "x.png"]] {
      let result = try run(
        command + ["--device", "cpu"], kilobytes: 4_000_000, in: workspace)
      expectRefusal(result, "last.safetensors")
    }
  }
}
