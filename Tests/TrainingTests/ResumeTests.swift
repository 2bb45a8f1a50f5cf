import FileFormats
import Foundation
import Testing
import VAEGPU

/// A run that was stopped, or killed, and resumed is the run that never stopped, to the byte.
@MainActor struct ResumeTests {
  /// Three epochs of four steps, each with an evaluation of two passes: 18 looks at `shouldStop`.
  static let data = TestImages.dataset(test: 510)

  @Test("Runs with one seed write the same bytes on 1, 2 and 3 threads, and again")
  func threads() throws {
    let expected = try Self.whole(TestDevice.cpu[0])
    for device in TestDevice.cpu + TestDevice.cpu {
      let run = try TestRun(data: Self.data)
      try run.finish(device.open())
      #expect(try run.checkpoints() == expected.checkpoints)
    }
  }

  @Test("An OpenCL device writes the same bytes twice", arguments: TestDevice.openCL)
  func openCL(device: TestDevice) throws {
    let runs = try [TestRun(data: Self.data), TestRun(data: Self.data)]
    for run in runs { try run.finish(device.open()) }
    #expect(try runs[0].checkpoints() == runs[1].checkpoints())
    let cpu = try Self.whole(TestDevice.cpu[0]).checkpoints
    let equal = try runs[0].checkpoints() == cpu
    print(
      "Checkpoints, \(device.testDescription) and the CPU backend: "
        + (equal ? "equal bytes" : "bytes differ"))
  }

  @Test("Another seed writes other bytes")
  func seed() throws {
    var run = try TestRun(data: Self.data)
    run.configuration.seed += 1
    try run.finish(TestDevice.cpu[0].open())
    #expect(try run.checkpoints() != Self.whole(TestDevice.cpu[0]).checkpoints)
  }

  @Test(
    "A run stopped at any step or within an evaluation goes on as if it had not been",
    arguments: TestDevice.backends)
  func stopAndResume(device: TestDevice) throws {
    let expected = try Self.whole(device)
    for stop in 1...18 {
      let run = try TestRun(data: Self.data)
      var calls = 0
      let end = try run.trainer(device.open()).train(shouldStop: {
        calls += 1
        return calls == stop
      })
      #expect(end == .interrupted, "stop \(stop)")
      try run.finish(device.open())
      #expect(try run.checkpoints() == expected.checkpoints, "stop \(stop)")
      #expect(try run.metrics() == expected.metrics, "stop \(stop)")
    }
  }

  @Test("Stops at every look, one step at a time, change nothing", arguments: TestDevice.backends)
  func stopAlways(device: TestDevice) throws {
    let expected = try Self.whole(device)
    let run = try TestRun(data: Self.data)
    var end = TrainingEnd.interrupted
    var sessions = 0
    while end == .interrupted, sessions < 100 {
      sessions += 1
      let trainer = try run.trainer(device.open())
      try trainer.resume()
      var calls = 0
      // One step or one evaluation of two passes each time.
      end = try trainer.train(shouldStop: {
        calls += 1
        return calls > 3
      })
    }
    #expect(end == .completed && sessions > 4)
    #expect(try run.checkpoints() == expected.checkpoints)
    #expect(try run.metrics() == expected.metrics)
  }

  @Test(
    "A run that died between two checkpoints goes on from the last one",
    arguments: TestDevice.backends)
  func abandon(device: TestDevice) throws {
    let expected = try Self.whole(device)
    for dead in [1, 2, 5, 8, 11] {
      var run = try TestRun(data: Self.data)
      run.configuration.saveEvery = 1e-9
      // The line of a step is written before its checkpoint: step `dead` is in the log and nowhere else.
      #expect(throws: Abandoned.self) {
        try run.trainer(device.open()).lines { if $0.step == dead { throw Abandoned() } }
      }
      if dead > 1 {
        let layout = try run.trainer(device.open()).vae.layout
        let step = try Checkpoint.read(run.directory.last, layout: layout).progress.step
        #expect(step == dead - 1)
      }
      #expect(try run.metrics().last?["step"]?.int == dead)
      // What a process killed while writing leaves: half a line.
      let log = try contents(of: run.directory.metrics) + Array("{\"step\":1,\"epo".utf8)
      try Data(log).write(to: URL(fileURLWithPath: run.directory.metrics))
      run.configuration.saveEvery = 60
      try run.finish(device.open())
      #expect(try run.checkpoints() == expected.checkpoints, "died at \(dead)")
      #expect(try run.metrics() == expected.metrics, "died at \(dead)")
    }
  }

  @Test("A run stopped within an interval of metrics writes the line that it would have written")
  func intervals() throws {
    var configuration = RunConfiguration.small
    configuration.logEvery = 3
    let device = try TestDevice.cpu[1].open()
    let whole = try TestRun(configuration, data: Self.data)
    try whole.finish(device)
    let expected = try whole.metrics()
    // Lines at steps 3, 6, 9, 12 and at the end of each epoch of four steps, with three evaluations.
    #expect(expected.count == 9)
    for stop in 1...18 {
      let run = try TestRun(configuration, data: Self.data)
      var calls = 0
      try run.trainer(device).train(shouldStop: {
        calls += 1
        return calls == stop
      })
      try run.finish(device)
      #expect(try run.metrics() == expected, "stop \(stop)")
      #expect(try run.checkpoints() == whole.checkpoints(), "stop \(stop)")
    }
  }

  @Test("Sums of an interval that are no numbers are refused")
  func malformedInterval() throws {
    let run = try TestRun(data: Self.data)
    let layout = try run.finish(TestDevice.cpu[1].open()).vae.layout
    let file = try SafeTensors.read(run.directory.last)
    let tensors = try file.names.map {
      (name: $0, shape: file.shape(of: $0) ?? [], values: try file.floats(named: $0))
    }
    for text in [
      "3 1 2 3 4", "", "3 1 2 3", "0 1 2 3 4", "x 1 2 3 4", "3 1 nan 3 4", "3 1 2 3 4 5",
    ] {
      let plain = file.metadata.filter { !$0.key.hasPrefix("crc32") }.map { ($0.key, $0.value) }
      let metadata = plain + [("interval", text)]
      let path = run.scratch.file("interval.safetensors")
      try SafeTensors.write(tensors: tensors, metadata: metadata, to: path)
      guard text != "3 1 2 3 4" else {
        #expect(try Checkpoint.read(path, layout: layout).interval != nil)
        continue
      }
      #expect(throws: FileError.self, "'\(text)'") { try Checkpoint.read(path, layout: layout) }
    }
  }

  @Test("A run that has ended stays as it is when resumed", arguments: TestDevice.backends)
  func resumeEnded(device: TestDevice) throws {
    let run = try TestRun(data: Self.data)
    try run.finish(device.open())
    let expected = try (run.checkpoints(), run.metrics())
    let trainer = try run.trainer(device.open())
    try trainer.resume()
    #expect(try trainer.train() == .completed)
    #expect(try run.checkpoints() == expected.0)
    #expect(try run.metrics() == expected.1)
  }

  @Test("More epochs may be asked for on resume", arguments: TestDevice.backends)
  func moreEpochs(device: TestDevice) throws {
    var run = try TestRun(data: Self.data)
    run.configuration.epochs = 1
    try run.finish(device.open())
    run.configuration.epochs = 3
    try run.finish(device.open())
    let expected = try Self.whole(device)
    #expect(try run.checkpoints() == expected.checkpoints)
    #expect(try run.metrics() == expected.metrics)
  }

  private typealias Whole = (checkpoints: [[UInt8]], metrics: [JSONValue])
  private static var cache: [String: Whole] = [:]

  private static func whole(_ device: TestDevice) throws -> Whole {
    if let cached = cache[device.testDescription] { return cached }
    let run = try TestRun(data: data)
    let trainer = try run.finish(device.open())
    #expect(trainer.progress.step == 12 && trainer.progress.epoch == 3)
    let result = try (run.checkpoints(), run.metrics())
    cache[device.testDescription] = result
    return result
  }
}
