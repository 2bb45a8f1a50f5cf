import FileFormats
import Testing
import VAEGPU

/// Training with matrix products of bf16 operands.
@MainActor struct PrecisionTests {
  private static func configuration(_ precision: Precision) -> RunConfiguration {
    var configuration = RunConfiguration.small
    configuration.hidden = [40, 33]
    configuration.precision = precision
    return configuration
  }

  private static func losses(
    _ precision: Precision, on device: Device, steps: Int = 20
  ) throws -> [Double] {
    let trainer = try Trainer(
      configuration(precision), data: TestImages.dataset(), device: device)
    return try trainer.runSteps(steps)
  }

  @Test("20 steps have the same losses on 1, 2 and 3 threads, and again")
  func deterministic() throws {
    let expected = try Self.losses(.bf16, on: TestDevice.cpu[0].open())
    #expect(expected.count == 20 && expected.allSatisfy(\.isFinite))
    for device in TestDevice.cpu + TestDevice.cpu {
      #expect(try Self.losses(.bf16, on: device.open()) == expected)
    }
  }

  @Test("Losses are near those of fp32, and are others")
  func near() throws {
    let device = try TestDevice.cpu[1].open()
    let rounded = try Self.losses(.bf16, on: device)
    let whole = try Self.losses(.fp32, on: device)
    for (found, expected) in zip(rounded, whole) {
      #expect(relativeError(found, expected) < 0x1p-8)
    }
    // The first loss is that of the same weights: rounding alone.
    #expect(rounded[0] != whole[0] && rounded[19] < rounded[0])
  }

  @Test(
    "A bf16 run that was stopped and resumed is the run that never stopped", arguments: [1, 5, 9])
  func resume(stop: Int) throws {
    let whole = try TestRun(Self.configuration(.bf16))
    try whole.finish(TestDevice.cpu[1].open())
    let run = try TestRun(Self.configuration(.bf16))
    var calls = 0
    let end = try run.trainer(TestDevice.cpu[0].open()).train(shouldStop: {
      calls += 1
      return calls == stop
    })
    #expect(end == .interrupted)
    try run.finish(TestDevice.cpu[2].open())
    #expect(try run.checkpoints() == whole.checkpoints())
    #expect(try run.metrics() == whole.metrics())
    let single = try TestRun(Self.configuration(.fp32))
    try single.finish(TestDevice.cpu[1].open())
    #expect(try single.checkpoints() != whole.checkpoints())
  }

  @Test("A run does not go on in another precision")
  func otherPrecision() throws {
    for (before, after) in [(Precision.fp32, Precision.bf16), (.bf16, .fp32)] {
      var run = try TestRun(Self.configuration(before))
      try run.finish(TestDevice.cpu[1].open())
      run.configuration.precision = after
      expectFileError(.mismatch, ["other settings"]) {
        try run.trainer(TestDevice.cpu[1].open()).resume()
      }
    }
  }

  @Test("A checkpoint names bf16, and says nothing of fp32, as those from before the setting")
  func fingerprint() throws {
    #expect(!Self.configuration(.fp32).fingerprint.contains("precision"))
    #expect(Self.configuration(.bf16).fingerprint.contains("precision=\"bf16\""))
    for precision in [Precision.fp32, .bf16] {
      let run = try TestRun(Self.configuration(precision))
      try run.finish(TestDevice.cpu[1].open())
      let text = try #require(try SafeTensors.read(run.directory.last).metadata["configuration"])
      #expect(text.contains("precision") == (precision == .bf16))
    }
  }

  @Test("Evaluation is fp32 whatever training is")
  func evaluation() throws {
    let device = try TestDevice.cpu[1].open()
    let evaluations = try [Precision.fp32, .bf16].map { precision in
      let trainer = try Trainer(
        Self.configuration(precision), data: TestImages.dataset(), device: device)
      // Of the first weights, which are the same.
      return try #require(try trainer.evaluate(samples: 2))
    }
    #expect(evaluations[0].elbo == evaluations[1].elbo)
    #expect(evaluations[0].klPerLatent == evaluations[1].klPerLatent)
  }

  @Test("A trainer refuses bf16 on an OpenCL device", arguments: TestDevice.openCL)
  func openCL(device: TestDevice) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try Trainer(
        Self.configuration(.bf16), data: TestImages.dataset(), device: device.open())
    }
    #expect(error?.key == "precision")
    #expect(error?.problem.contains("'cpu'") == true)
  }
}
