import FileFormats
import Foundation
import Testing

/// Runs whose process ended early, and what else happens to the files of a run.
@Suite struct CutOffTests {
  /// The files of a run with their bytes.
  private func files(_ workspace: Workspace, in run: String = "run") throws -> [String: [UInt8]] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: workspace.file(run))
    let files = try paths.filter { !["checkpoints"].contains($0) }.map {
      ($0, try workspace.bytes("\(run)/\($0)"))
    }
    return Dictionary(uniqueKeysWithValues: files)
  }

  @Test func aCompleteRunStaysAsItIsAndWhatIsMissingIsMade() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--epochs", "1", "--out", "run").code == 0)
    let whole = try files(workspace)
    for missing in [[], ["samples.png"], ["reconstructions.png", "checkpoints/best.safetensors"]] {
      for name in missing { unlink(workspace.file("run/" + name)) }
      #expect(try workspace.run("train", "--resume", "run").code == 0)
      #expect(try files(workspace) == whole, "\(missing)")
    }
    // Pictures of earlier weights are made again.
    try workspace.write("old", to: "run/samples.png")
    let result = try workspace.run("train", "--resume", "run", "--quiet")
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    #expect(try files(workspace) == whole)
    // Without its last checkpoint it goes on from the best one, and says so.
    unlink(workspace.file("run/checkpoints/last.safetensors"))
    let again = try workspace.run("train", "--resume", "run")
    #expect(again.code == 0 && again.errors.contains("last.safetensors is missing"), "\(again)")
    #expect(try files(workspace) == whole)
  }

  @Test func aFitThatWasCutOffIsMadeAnew() throws {
    let workspace = try Workspace()
    let flags = ["--data", "tiny", "--model", "ppca", "--latent", "2", "--device", "cpu"]
    #expect(try workspace.run(["train", "--out", "run"] + flags).code == 0)
    let whole = try files(workspace).filter { $0.key != "metrics.jsonl" }
    for name in ["samples.png", "checkpoints/best.safetensors", "checkpoints/last.safetensors"] {
      unlink(workspace.file("run/" + name))
      #expect(try workspace.run("train", "--resume", "run").code == 0)
      #expect(try files(workspace).filter { $0.key != "metrics.jsonl" } == whole, "\(name)")
    }
  }

  @Test func aRunThatFailedBeforeItsFirstCheckpointIsResumed() throws {
    let workspace = try Workspace()
    let diverged = try workspace.train("--lr", "1e30", "--out", "run")
    #expect(diverged.code == 1 && workspace.exists("run/config.toml"))
    // Its settings make it diverge again, and no less than that.
    try workspace.expectError(["train", "--resume", "run", "--quiet"], code: 1, "diverged")
    #expect(try workspace.train("--epochs", "1", "--out", "whole").code == 0)
    mkdir(workspace.file("begun"), 0o700)
    try workspace.write(try workspace.bytes("whole/config.toml"), to: "begun/config.toml")
    #expect(try workspace.run("train", "--resume", "begun").code == 0)
    let name = "checkpoints/last.safetensors"
    #expect(try workspace.bytes("begun/\(name)") == workspace.bytes("whole/\(name)"))
  }

  @Test func aSecondProcessIsTurnedAway() throws {
    let workspace = try Workspace()
    let tool = try workspace.startTraining()
    try workspace.expectError(["train", "--resume", "run"], code: 75, "run", "another process")
    tool.send(SIGTERM)
    #expect(try tool.wait().code == 143)
    let result = try workspace.run("train", "--resume", "run", "--max-steps", "1")
    #expect(result.code == 0, "\(result)")
  }

  @Test func aHangUpThatIsIgnoredStaysIgnored() throws {
    let workspace = try Workspace()
    let tool = try workspace.startTraining(program: "/usr/bin/nohup")
    tool.send(SIGHUP)
    let lines = try workspace.text("run/metrics.jsonl").count
    try waitUntil { try workspace.text("run/metrics.jsonl").count != lines }
    tool.send(SIGTERM)
    #expect(try tool.wait().code == 143)
  }

  @Test func aRunWhoseDirectoryIsRenamedEnds() throws {
    let workspace = try Workspace()
    let tool = try workspace.startTraining("--quiet")
    rename(workspace.file("run"), workspace.file("renamed"))
    let result = try tool.wait()
    #expect(result.code == 74 && result.errorLines.count == 1, "\(result)")
    #expect(result.errors.contains("run: was removed or renamed"), "\(result)")
    #expect(!workspace.exists("run"))
    let resumed = try workspace.run("train", "--resume", "renamed", "--max-steps", "1")
    #expect(resumed.code == 0, "\(resumed)")
  }

  @Test func aLimitOfFileSizesIsAMessage() throws {
    let workspace = try Workspace()
    let command =
      ["train", "--out", "run", "--quiet", "--hidden", "64", "--data", "tiny"]
      .joined(separator: " ")
    let result = try workspace.start(
      ["-c", "ulimit -f 20; exec '\(CommandLineTool.path)' \(command)"], program: "/bin/sh"
    ).wait()
    #expect(result.code == 74 && !result.wasKilled && result.errorLines.count == 1, "\(result)")
    #expect(result.errors.contains("ulimit -f") && result.errors.contains("safetensors"))
    let names = try FileManager.default.subpathsOfDirectory(atPath: workspace.file("run"))
    #expect(!names.contains { $0.contains(".writing") }, "\(names)")
    #expect(try workspace.run("train", "--resume", "run", "--max-steps", "1").code == 0)
  }

  @Test func whatKilledProcessesWereWritingIsSwept() throws {
    let workspace = try Workspace()
    let tool = try workspace.startTraining("--save-every", "0.000001")
    tool.send(SIGKILL)
    _ = try tool.wait()
    let left = "run/checkpoints/.writing-4194303-abc.tmp"
    try workspace.write([UInt8](repeating: 1, count: 100), to: left)
    #expect(try workspace.run("train", "--resume", "run", "--max-steps", "1").code == 0)
    let names = try FileManager.default.subpathsOfDirectory(atPath: workspace.file("run"))
    #expect(!names.contains { $0.contains(".writing") }, "\(names)")
  }

  @Test func aFolderThatIsNoRunIsNotUsed() throws {
    let workspace = try TrainedRun.workspace()
    let model = ["--hidden", "16", "--latent", "3", "--likelihood", "bernoulli"]
    for name in ["samples.png", "metrics.jsonl", "notes.txt"] {
      let folder = "folder-of-\(name)"
      mkdir(workspace.file(folder), 0o700)
      try workspace.write("precious", to: "\(folder)/\(name)")
      for command in [
        ["train", "--max-steps", "1"] + Workspace.tinyModel,
        ["train", "--model", "ppca", "--latent", "2", "--data", "tiny"],
        ["import", "run/checkpoints/best.safetensors", "--data", "tiny"] + model,
      ] {
        try workspace.expectError(command + ["--out", folder], code: 73, folder, name)
        #expect(try workspace.text("\(folder)/\(name)") == "precious")
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace.file(folder))
        #expect(names == [name])
      }
    }
  }

  /// Root reads everything, so the tool runs as a user who may not.
  @Test(.enabled(if: getuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0))
  func aLogThatCannotBeReadIsNotTouched() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--epochs", "1", "--out", "run").code == 0)
    let before = try workspace.bytes("run/metrics.jsonl")
    for name in ["", "run", "run/metrics.jsonl", "run/checkpoints"] {
      chown(workspace.file(name), 65534, 65534)
    }
    chmod(workspace.file("run/metrics.jsonl"), 0)
    let result = try workspace.start(
      ["--reuid", "65534", "--clear-groups", CommandLineTool.path, "train", "--resume", "run"]
        + ["--epochs", "2", "--quiet", "--device", "cpu"],
      program: "/usr/bin/setpriv"
    ).wait()
    // Where that user may not even start the tool there is nothing to see.
    guard !result.errors.contains("failed to execute") else { return }
    #expect(result.code == 66 && result.errors.contains("metrics.jsonl"), "\(result)")
    chmod(workspace.file("run/metrics.jsonl"), 0o600)
    #expect(try workspace.bytes("run/metrics.jsonl") == before)
  }
}

extension Workspace {
  /// Starts a training that never ends, in `run`, and waits for its first steps; by way of another
  /// program if one is given.
  func startTraining(_ flags: String..., program: String? = nil) throws -> RunningTool {
    let tool = try start(
      (program == nil ? [] : [CommandLineTool.path]) + ["train"] + Self.tinyModel + [
        "--epochs", "1000000",
      ]
        + ["--out", "run", "--log-every", "1"] + flags,
      program: program ?? CommandLineTool.path)
    // Steps are being taken once there is a line of metrics.
    waitUntil { (try? text("run/metrics.jsonl").isEmpty) == false }
    return tool
  }
}
