import Foundation
import Testing

@Suite struct ResumeTests {
  @Test func aResumedRunIsTheRunThatNeverStopped() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "8", "--out", "whole").code == 0)
    #expect(try workspace.train("--max-steps", "5", "--out", "parts").code == 0)
    let result = try workspace.run("train", "--resume", "parts", "--max-steps", "8", "--json")
    #expect(result.code == 0, "\(result)")
    #expect(try result.json()["steps"]?.int == 8)
    #expect(
      try workspace.bytes("whole/checkpoints/last.safetensors")
        == workspace.bytes("parts/checkpoints/last.safetensors"))
    #expect(try workspace.text("parts/config.toml").contains("max_steps = 8"))
  }

  @Test func aCompleteRunSaysSo() throws {
    let workspace = try Workspace()
    let first = try workspace.train("--epochs", "1", "--out", "run", "--json").json()
    let result = try workspace.run("train", "--resume", "run", "--json")
    #expect(result.code == 0)
    #expect(result.errors.contains("complete"))
    let json = try result.json()
    #expect(json["elbo"] == first["elbo"])
    #expect(json["status"]?.string == "completed")
  }

  @Test func flagsThatWouldMakeItAnotherRunAreErrors() throws {
    let workspace = try TrainedRun.workspace()
    let changes = [
      ["--lr", "0.5"], ["--hidden", "8"], ["--latent", "5"], ["--seed", "9"], ["--beta", "2"],
      ["--batch-size", "7"], ["--binarize", "static"], ["--data", "sprites"],
      ["--likelihood", "gaussian"], ["--activation", "tanh"],
      ["--precision", "bf16"],
    ]
    for change in changes {
      try workspace.expectError(["train", "--resume", "run"] + change, code: 64, change[0])
    }
  }

  @Test func flagsOfTheSameValueAreNoChange() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "1", "--out", "run").code == 0)
    let result = try workspace.run(
      ["train", "--resume", "run", "--max-steps", "2"] + Workspace.tinyModel)
    #expect(result.code == 0, "\(result)")
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func aSignalSavesACheckpoint(_ signal: Int32, _ code: Int32) throws {
    let workspace = try Workspace()
    let tool = try workspace.startTraining("--json")
    tool.send(signal)
    // A terminal that closes sends SIGHUP more than once.
    if signal == SIGHUP { tool.send(signal) }
    let result = try tool.wait()
    #expect(result.code == code && !result.wasKilled, "\(result)")
    #expect(try result.json()["status"]?.string == "interrupted")
    #expect(result.errorLines.last?.contains("vae-gpu train --resume run") == true, "\(result)")
    #expect(!workspace.exists("run/samples.png"))
    let steps = try #require(try result.json()["steps"]?.int)
    let resumed = try workspace.run(
      "train", "--resume", "run", "--max-steps", "\(steps + 2)", "--json")
    #expect(try resumed.json()["steps"]?.int == steps + 2, "\(resumed)")
  }
}
