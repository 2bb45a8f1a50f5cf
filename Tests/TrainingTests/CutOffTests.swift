import FileFormats
import Foundation
import Testing
import VAEGPU

/// Runs that were killed between two files go on, and what is missing is made: the same bytes as of a run that never stopped.
@MainActor struct CutOffTests {
  private static func finished(_ change: (inout RunConfiguration) -> Void = { _ in }) throws
    -> TestRun
  {
    var run = try TestRun()
    change(&run.configuration)
    try run.finish(TestDevice.cpu[0].open())
    return run
  }

  private func expectEqual(
    _ run: TestRun, _ other: TestRun, _ location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(try run.checkpoints() == other.checkpoints(), sourceLocation: location)
    #expect(try run.metrics() == other.metrics(), sourceLocation: location)
  }

  @Test("A run whose last checkpoint is missing goes on from the best one")
  func withoutLast() throws {
    let whole = try Self.finished()
    for epochs in [1, 3] {
      var run = try Self.finished { $0.epochs = 1 }
      #expect(try Set(run.checkpoints()).count == 1, "both checkpoints of one epoch are equal")
      try run.remove(run.directory.last)
      run.configuration.epochs = epochs
      let trainer = try run.finish(TestDevice.cpu[0].open())
      #expect(trainer.resumedFrom == run.directory.best)
      try expectEqual(run, epochs == 3 ? whole : Self.finished { $0.epochs = 1 })
    }
  }

  @Test("A run whose best checkpoint is of a later epoch than the last one repeats that epoch")
  func bestAhead() throws {
    let whole = try Self.finished()
    var run = try Self.finished { $0.epochs = 1 }
    let last = try contents(of: run.directory.last)
    run.configuration.epochs = 2
    let trainer = try run.finish(TestDevice.cpu[0].open())
    try #require(trainer.progress.epochsSinceBest == 0)
    _ = try run.scratch.file("run/checkpoints/last.safetensors", last)
    run.configuration.epochs = 3
    #expect(try run.finish(TestDevice.cpu[0].open()).resumedFrom == run.directory.last)
    try expectEqual(run, whole)
  }

  @Test("The folder of the checkpoints is made where it is missing, also during training")
  func withoutFolder() throws {
    let whole = try Self.finished()
    let run = try TestRun()
    try run.remove(run.scratch.file("run/checkpoints"))
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    var isRemoved = false
    try trainer.train { event in
      guard case .evaluated(_, let isBest) = event, isBest, !isRemoved else { return }
      isRemoved = true
      try run.remove(run.scratch.file("run/checkpoints"))
    }
    #expect(isRemoved)
    try expectEqual(run, whole)
  }

  @Test("What comes after the save of max_steps is made on resume", arguments: [2, 6])
  func withinEpoch(steps: Int) throws {
    let whole = try Self.finished { $0.maxSteps = steps }
    let line = try #require(try whole.metrics().last)
    #expect(line["split"]?.string == "test" && line["step"]?.int == steps)
    for missing in [["best"], ["line"], ["line", "best"]] {
      let run = try Self.finished { $0.maxSteps = steps }
      if missing.contains("line") {
        let log = try contents(of: run.directory.metrics)
        let lines = log.split(separator: UInt8(ascii: "\n")).dropLast()
        _ = try run.scratch.file("run/metrics.jsonl", lines.flatMap { $0 + [UInt8(ascii: "\n")] })
      }
      // Behind the first epoch the best checkpoint is that epoch's, and was written before.
      if missing.contains("best") && steps < 4 { try run.remove(run.directory.best) }
      var continued = run
      continued.configuration.maxSteps = steps
      try continued.finish(TestDevice.cpu[0].open())
      try expectEqual(continued, whole)
    }
  }

  @Test("The best checkpoint of a run that ends in its first epoch follows the run")
  func staleBest() throws {
    var run = try Self.finished { $0.maxSteps = 2 }
    let stale = try contents(of: run.directory.best)
    run.configuration.maxSteps = 3
    try run.finish(TestDevice.cpu[0].open())
    let expected = try run.checkpoints()
    #expect(expected[0] == expected[1] && expected[1] != stale)
    _ = try run.scratch.file("run/checkpoints/best.safetensors", stale)
    try run.finish(TestDevice.cpu[0].open())
    #expect(try run.checkpoints() == expected)
  }

  @Test("A run whose max_steps end with an epoch evaluates that epoch, however often it is stopped")
  func maxStepsAtEpochEnd() throws {
    let whole = try Self.finished { $0.maxSteps = 4 }
    #expect(try Checkpoint.read(whole.directory.last, layout: whole.layout()).progress.epoch == 1)
    var run = try TestRun()
    run.configuration.maxSteps = 4
    var looks = 0
    let end = try run.trainer(TestDevice.cpu[0].open()).train(shouldStop: {
      looks += 1
      return looks == 5
    })
    #expect(end == .interrupted)
    let stopped = try Checkpoint.read(run.directory.last, layout: run.layout()).progress
    #expect(stopped.step == 4 && stopped.epoch == 0, "stopped within the evaluation")
    // A process that is killed behind that save and within its next end of the epoch leaves a line.
    let line = try #require(whole.metrics().last?.text) + "\n"
    let log = try contents(of: run.directory.metrics) + Array(line.utf8)
    _ = try run.scratch.file("run/metrics.jsonl", log)
    try run.finish(TestDevice.cpu[0].open())
    try expectEqual(run, whole)
  }

  @Test("A missing best checkpoint is made of the last one where that is the best")
  func withoutBest() throws {
    let whole = try Self.finished()
    try #require(
      Checkpoint.read(whole.directory.last, layout: whole.layout()).progress.epochsSinceBest == 0)
    for epochs in [2, 3] {
      var run = try Self.finished { $0.epochs = epochs }
      try run.remove(run.directory.best)
      run.configuration.epochs = 3
      let trainer = try run.trainer(TestDevice.cpu[0].open())
      try trainer.resume()
      // It is there before the first step.
      _ = try trainer.train(shouldStop: { true })
      #expect(FileManager.default.fileExists(atPath: run.directory.best))
      try run.finish(TestDevice.cpu[0].open())
      try expectEqual(run, whole)
    }
  }

  @Test("Lines of metrics that are not the run's own stay, and half a line at the end goes")
  func foreignLines() throws {
    var run = try Self.finished { $0.epochs = 1 }
    let own = try contents(of: run.directory.metrics)
    let foreign = Array("# a note\n{\"mine\":1}\n".utf8)
    _ = try run.scratch.file("run/metrics.jsonl", foreign + own + Array("{\"step\":1,\"ep".utf8))
    try run.finish(TestDevice.cpu[0].open())
    #expect(try contents(of: run.directory.metrics) == foreign + own)
    // A whole last line without its line break is no half line.
    _ = try run.scratch.file("run/metrics.jsonl", own.dropLast())
    try run.finish(TestDevice.cpu[0].open())
    #expect(try contents(of: run.directory.metrics) == own)
    run.configuration.epochs = 3
    try run.finish(TestDevice.cpu[0].open())
    try expectEqual(run, Self.finished())
  }

  @Test("A log that cannot be read stops a run before anything of it is changed")
  func unreadableLog() throws {
    var run = try Self.finished { $0.epochs = 1 }
    let before = try run.checkpoints()
    run.configuration.epochs = 2
    try run.remove(run.directory.metrics)
    for make in [{ symlink("metrics.jsonl", $0) }, { mkdir($0, 0o700) }] as [(String) -> Int32] {
      #expect(make(run.directory.metrics) == 0)
      expectFileError(.unreadable, [run.directory.metrics]) {
        try run.finish(TestDevice.cpu[0].open())
      }
      #expect(try run.checkpoints() == before)
      try run.remove(run.directory.metrics)
    }
  }

  @Test("A run whose directory is renamed or removed ends at the next line of metrics")
  func withoutDirectory() throws {
    for isRenamed in [true, false] {
      let run = try TestRun()
      let trainer = try run.trainer(TestDevice.cpu[0].open())
      expectFileError(.writeFailed, [run.directory.path, "removed or renamed"]) {
        try trainer.lines { line in
          guard line.step == 2 else {
            #expect(line.step == 1)
            return
          }
          if isRenamed {
            try FileManager.default.moveItem(
              atPath: run.directory.path, toPath: run.scratch.file("renamed"))
          } else {
            try run.remove(run.directory.path)
          }
          // Another directory in its place is not the run's.
          mkdir(run.directory.path, 0o700)
        }
      }
      #expect(trainer.progress.step == 3)
      #expect(try FileManager.default.contentsOfDirectory(atPath: run.directory.path) == [])
    }
  }

  @Test("A run whose directory goes before its first line names the directory, not the file")
  func withoutDirectoryFromTheStart() throws {
    let run = try TestRun()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try FileManager.default.moveItem(
      atPath: run.directory.path, toPath: run.scratch.file("renamed"))
    expectFileError(.writeFailed, [run.directory.path, "removed or renamed"]) {
      try trainer.train()
    }
  }
}

extension TestRun {
  fileprivate func layout() throws -> ParameterLayout {
    try trainer(TestDevice.cpu[0].open()).vae.layout
  }
}
