import Foundation
import Testing

/// Commands that messages suggest must work when they are pasted into a shell.
@Suite struct SuggestedCommandTests {
  /// Runs a suggested command line in a shell, with the program under test as `vae-gpu`.
  private func paste(_ line: String, in workspace: Workspace) throws -> CommandLineTool.Result {
    try workspace.start(
      ["-c", "vae-gpu() { \"$VAE_GPU_UNDER_TEST\" \"$@\"; }; " + line],
      environment: ["VAE_GPU_UNDER_TEST": CommandLineTool.path], program: "/bin/bash"
    ).wait()
  }

  private func suggestions(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      line.range(of: "vae-gpu ").map { String(line[$0.lowerBound...]) }
    }
  }

  @Test(arguments: ["sp ace/r 1", "it's", "$HOME;x", "double  space"])
  func everyCommandAfterTrainingRuns(_ out: String) throws {
    let workspace = try Workspace()
    let result = try workspace.train("--max-steps", "1", "--device", "cpu", "--out", out)
    #expect(result.code == 0, "\(result)")
    let commands = suggestions(result.errors)
    #expect(commands.count == 6, "\(result)")
    for command in commands {
      let pasted = try paste(command, in: workspace)
      #expect(pasted.code == 0, "\(command): \(pasted)")
    }
  }

  @Test func theLineAfterAnInterruptionRuns() throws {
    let workspace = try Workspace()
    let tool = try workspace.start(
      ["train"] + Workspace.tinyModel
        + ["--epochs", "1000000", "--device", "cpu", "--out", "a  b", "--log-every", "1"])
    waitUntil { (try? workspace.text("a  b/metrics.jsonl").isEmpty) == false }
    tool.send(SIGINT)
    let result = try tool.wait()
    let command = try #require(suggestions(result.errors).last)
    let pasted = try paste(command + " --max-steps 1", in: workspace)
    #expect(pasted.code == 0, "\(command): \(pasted)")
  }

  @Test func aRunThatIsThereIsNamedInQuotes() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "1", "--out", "a b").code == 0)
    try workspace.expectError(
      ["train", "--out", "a b"] + Workspace.tinyModel, code: 73, "--resume 'a b'")
  }

  @Test func oneTestImageSuggestsNoPairs() throws {
    let workspace = try Workspace()
    try workspace.write(
      [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8] + [UInt8](repeating: 9, count: 64),
      to: "tiny/t10k-images-idx3-ubyte")
    let result = try workspace.train("--max-steps", "1", "--device", "cpu", "--out", "run")
    #expect(result.code == 0, "\(result)")
    let commands = suggestions(result.errors)
    #expect(commands.count == 5 && !result.errors.contains("interpolate"), "\(result)")
    for command in commands { #expect(try paste(command, in: workspace).code == 0, "\(command)") }
  }
}
