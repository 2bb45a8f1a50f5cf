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
