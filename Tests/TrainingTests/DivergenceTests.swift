import Foundation
import Testing
import VAEGPU

/// A step that is not finite ends the run, names the tensor and leaves nothing of itself behind.
@MainActor struct DivergenceTests {
  nonisolated static let tensors = [
    "encoder.0.weight", "encoder.1.bias", "posterior.weight", "decoder.0.bias", "likelihood.weight",
    "likelihood.log_sigma",
  ]

  @Test(
    "A weight that is NaN is named, at once or when the device is next looked at",
    arguments: TestDevice.backends, tensors)
  func poisonedWeight(device: TestDevice, tensor: String) throws {
    for logEvery in [1, 3, 100] {
      var run = try TestRun(Self.gaussian)
      run.configuration.logEvery = logEvery
      let trainer = try run.trainer(device.open())
      // The first epoch ends well; its event comes after its checkpoint.
      var poisoned: [[Float]] = []
      var intact: [[UInt8]] = []
      let error = #expect(throws: DivergenceError.self) {
        try trainer.train { event in
          guard case .evaluated = event, poisoned.isEmpty else { return }
          intact = try run.checkpoints()
          poisoned = try trainer.vae.poison(tensor)
        }
      }
      #expect(error?.tensor == tensor, "\(error.map { "\($0)" } ?? "")")
      #expect(error?.step == 5)
      #expect(error?.checkpoint == run.directory.last)
      #expect(trainer.progress.step == 4, "the run stands where its weights do")
      #expect(throws: DivergenceError.self, "and goes no further") { try trainer.train() }
      #expect(try run.checkpoints() == intact, "the checkpoints are those of before")
      #expect(try allFinite(run.directory.last))
      let bits = try trainer.vae.weights().map { $0.map(\.bitPattern) }
      #expect(bits == poisoned.map { $0.map(\.bitPattern) }, "no weight has moved")
      #expect(try run.metrics().allSatisfy { ($0["step"]?.int ?? 99) <= 4 })
    }
  }

  @Test(
    "A learning rate that throws the weights off ends the run, and nothing on disk is not finite",
    arguments: TestDevice.backends, [1e15, 1e30, 1e38])
  func hugeLearningRate(device: TestDevice, learningRate: Double) throws {
    // In one-step epochs a checkpoint and an evaluation follow every step.
    for (batchSize, saveEvery) in [(8, 60), (8, 1e-9), (64, 60)] {
      var run = try TestRun(Self.gaussian)
      run.configuration.learningRate = learningRate
      run.configuration.batchSize = batchSize
      run.configuration.saveEvery = saveEvery
      let trainer = try run.trainer(device.open())
      let error = #expect(throws: DivergenceError.self) { try trainer.train() }
      #expect(error.map { !$0.tensor.isEmpty && $0.step <= 3 } ?? false)
      #expect(error?.description.split(whereSeparator: \.isNewline).count == 1)
      for path in [run.directory.last, run.directory.best]
      where FileManager.default.fileExists(atPath: path) {
        #expect(try allFinite(path), "learning rate \(learningRate), batch \(batchSize)")
      }
    }
  }

  @Test("A gradient whose norm alone overflows is named so", arguments: TestDevice.backends)
  func gradientNorm(device: TestDevice) throws {
    var configuration = Self.gaussian
    configuration.hidden = []
    configuration.sigma = .fixed(1)
    configuration.batchSize = 1
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    // With z = (1, 0, 0, 0, 0) and x - mean = -c, bias and weights each have a gradient of norm 6 c: finite squares
    // whose sum is not.
    let c = Float((2e38 / 36).squareRoot())
    var weights = try trainer.vae.weights().map { $0.map { _ in Float(0) } }
    weights[1] = [1, 0, 0, 0, 0] + [Float](repeating: -30, count: 5)
    weights[3] = weights[3].map { _ in c }
    try trainer.vae.setWeights(weights)
    let error = #expect(throws: DivergenceError.self) { try trainer.train() }
    #expect(error?.tensor == "gradient norm" && error?.step == 1)
    #expect(try trainer.vae.weights() == weights)
    // Clipping makes it a step like any other.
    configuration.clipNorm = 1
    let clipped = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    try clipped.vae.setWeights(weights)
    #expect(try clipped.runSteps(1).allSatisfy(\.isFinite))
    _ = try clipped.checkpoint()
    #expect(try clipped.vae.weights() != weights)
  }

  @Test("The advice names nothing that is so already")
  func advice() throws {
    func advice(_ change: (inout RunConfiguration) -> Void) throws -> String {
      var configuration = Self.gaussian
      configuration.learningRate = 1e38
      change(&configuration)
      let trainer = try Trainer(
        configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
      let error = #expect(throws: DivergenceError.self) { try trainer.train() }
      return error?.description ?? ""
    }
    #expect(try advice { _ in }.contains("set --clip-norm 1;"))
    #expect(try advice { $0.clipNorm = 5 }.contains("set --clip-norm 1;"))
    #expect(try advice { $0.clipNorm = 1 }.contains("lower --clip-norm (now 1.0);"))
    #expect(try advice { $0.adam.epsilon = 1e-30 }.contains("raise --adam-epsilon (now 1e-30)"))
  }

  @Test("Interrupting or ending a run whose weights are not finite saves nothing of them")
  func interruptedAfterOverflow() throws {
    for maxSteps in [1, nil] {
      var run = try TestRun(Self.gaussian)
      // With Adam's correction the rate is infinite in float32: the first update is not finite though its gradient is.
      run.configuration.learningRate = 1e38
      run.configuration.maxSteps = maxSteps
      let trainer = try run.trainer(TestDevice.cpu[0].open())
      #expect(throws: DivergenceError.self) {
        try trainer.train(shouldStop: { trainer.progress.step == 1 })
      }
      #expect(!FileManager.default.fileExists(atPath: run.directory.last))
      #expect(!FileManager.default.fileExists(atPath: run.directory.best))
    }
  }

  @Test("A test ELBO that is not finite is never the best one")
  func evaluationNotFinite() throws {
    let run = try TestRun(Self.gaussian)
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    // Finite weights whose evaluation overflows: after the last step of the first epoch.
    let good = try trainer.vae.weights()
    var bests: [Bool] = []
    try trainer.train { event in
      if case .interval(let line) = event, line.step == 4 {
        var weights = good
        weights[weights.count - 2] = weights[weights.count - 2].map { _ in 1e38 }
        try trainer.vae.setWeights(weights)
      }
      if case .evaluated(let line, let isBest) = event {
        bests.append(isBest)
        if line.epoch == 1 {
          #expect(!line.elbo.isFinite)
          try trainer.vae.setWeights(good)
        }
      }
    }
    #expect(bests[0] == false && bests[1] == true)
    #expect(trainer.progress.bestELBO.map(\.isFinite) ?? false)
  }

  private static var gaussian: RunConfiguration {
    var configuration = RunConfiguration.small
    configuration.likelihood = "gaussian"
    return configuration
  }

  private func allFinite(_ path: String) throws -> Bool {
    let file = try SafeTensors.read(path)
    return try file.names.allSatisfy { try file.floats(named: $0).allSatisfy(\.isFinite) }
  }
}

extension VAE {
  /// Makes the last value of a tensor NaN and gives all weights.
  fileprivate func poison(_ name: String) throws -> [[Float]] {
    var values = try weights()
    let index = try #require(layout.parameters.firstIndex { $0.name == name })
    values[index][values[index].count - 1] = .nan
    try setWeights(values)
    return values
  }
}
