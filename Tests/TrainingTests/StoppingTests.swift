import Testing
import VAEGPU

/// When a run ends.
@MainActor struct StoppingTests {
  @Test(
    "Patience ends a run after as many epochs without a better ELBO",
    arguments: TestDevice.backends,
    [1, 2, 4])
  func patience(device: TestDevice, patience: Int) throws {
    var run = try TestRun()
    // Too small to move a float32: every epoch has the same test ELBO, for its noise is the same.
    run.configuration.learningRate = 1e-30
    run.configuration.patience = patience
    run.configuration.epochs = 50
    let trainer = try run.trainer(device.open())
    var elbos: [Double] = []
    var bests: [Bool] = []
    let end = try trainer.train { event in
      guard case .evaluated(let line, let isBest) = event else { return }
      elbos.append(line.elbo)
      bests.append(isBest)
    }
    #expect(end == .stoppedEarly)
    #expect(trainer.progress.epoch == 1 + patience)
    #expect(bests == [true] + [Bool](repeating: false, count: patience))
    #expect(Set(elbos).count == 1 && trainer.progress.bestELBO == elbos[0])

    let resumed = try run.trainer(device.open())
    try resumed.resume()
    #expect(try resumed.train() == .stoppedEarly)
    #expect(resumed.progress == trainer.progress)
  }

  @Test("Epochs of a linear warm-up do not try patience", arguments: [0.5, 2, 3])
  func warmup(epochs: Double) throws {
    var configuration = RunConfiguration.small
    configuration.learningRate = 1e-30
    configuration.betaSchedule = .linear
    configuration.warmup = epochs
    configuration.patience = 2
    configuration.epochs = 50
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    #expect(try trainer.train() == .stoppedEarly)
    // The first epoch is the best; after it come those of the warm-up, and two more.
    #expect(trainer.progress.epoch == max(1, Int(epochs.rounded(.up)) - 1) + 2)
  }

  @Test(
    "Held-out images choose the best epoch, and are not trained on", arguments: TestDevice.backends)
  func validation(device: TestDevice) throws {
    let data = TestImages.dataset()
    var run = try TestRun()
    run.configuration.validation = 7
    let trainer = try Trainer(
      run.configuration, data: data, device: device.open(), output: run.directory)
    #expect(trainer.train.source == data.train.first(20))
    var last: MetricsLine?
    try trainer.train { if case .evaluated(let line, _) = $0 { last = line } }
    let line = try #require(last)
    #expect(line.split == "validation")
    let held = try data.holdingOut(7).validation
    #expect(held?.pixels == Array(data.train.pixels.suffix(7 * 36)) && held?.split == .validation)
    let evaluation = try trainer.vae.evaluate(
      #require(held), samples: 1, seed: run.configuration.seed)
    #expect(evaluation.elbo == line.elbo && evaluation.images == 7)
    #expect(try trainer.evaluate(samples: 1)?.images == 11)
  }

  @Test("All training images cannot be held out", arguments: [27, 28])
  func allHeldOut(count: Int) throws {
    var configuration = RunConfiguration.small
    configuration.validation = count
    let error = #expect(throws: ConfigurationError.self) {
      _ = try Trainer(
        configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    }
    #expect(error?.key == "validation")
  }

  @Test("Without patience the same run goes on to its last epoch")
  func noPatience() throws {
    var configuration = RunConfiguration.small
    configuration.learningRate = 1e-30
    configuration.epochs = 6
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    #expect(try trainer.train() == .completed)
    #expect(trainer.progress.epoch == 6 && trainer.progress.epochsSinceBest == 5)
  }

  @Test(
    "A run of max_steps takes them, evaluates, saves, and goes on to where one whole run would be",
    arguments: TestDevice.backends, [1, 3, 4, 6, 12])
  func maxSteps(device: TestDevice, steps: Int) throws {
    var run = try TestRun()
    run.configuration.maxSteps = steps
    let trainer = try run.trainer(device.open())
    var evaluated = 0
    let end = try trainer.train { event in
      if case .evaluated = event { evaluated += 1 }
    }
    #expect(end == .completed && trainer.progress.step == steps)
    #expect(evaluated == (steps + 3) / 4)
    #expect(try run.metrics().last?["split"]?.string == "test")
    let saved = try Checkpoint.read(run.directory.last, layout: trainer.vae.layout)
    #expect(saved.progress == trainer.progress)
    #expect(try saved.weights == trainer.vae.weights())
    _ = try SafeTensors.read(run.directory.best)

    run.configuration.maxSteps = nil
    try run.finish(device.open())
    let whole = try TestRun()
    try whole.finish(device.open())
    #expect(try run.checkpoints() == whole.checkpoints())
  }
}
