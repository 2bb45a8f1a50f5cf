import Foundation
import Testing
import VAEGPU

/// What every registered model must do, for every likelihood.
@MainActor struct ModelRegistryTests {
  @Test("A model builds, samples, encodes, decodes and evaluates", arguments: ModelCase.all)
  func uses(model: ModelCase) throws {
    let images = TestImages.set(.test, count: 3, side: 6)
    let configuration = model.configuration.modelConfiguration(
      image: ImageShape(height: 6, width: 6))
    for device in TestDevice.backends {
      let vae = try VAE(configuration, device: device.open(), seed: 1)
      let posteriors = try vae.encode((0..<3).flatMap { try images.image($0) })
      #expect(posteriors.count == 3 * 10 && posteriors.allSatisfy(\.isFinite))
      let samples = try vae.sample(count: 4)
      #expect(samples.count == 4 * 36 && samples.allSatisfy(\.isFinite))
      let evaluation = try vae.evaluate(images, samples: 2)
      #expect(evaluation.elbo.isFinite && evaluation.kl >= 0 && evaluation.standardError > 0)
    }
  }

  @Test(
    "The CPU backend and an OpenCL device take the same 20 steps", arguments: ModelCase.all,
    TestDevice.openCL)
  func agreement(model: ModelCase, device: TestDevice) throws {
    var configuration = model.configuration
    configuration.maxSteps = 20
    configuration.epochs = 10
    let runs = try [TestDevice.cpu[0], device].map { device in
      let trainer = try Trainer(
        configuration, data: TestImages.dataset(), device: device.open())
      let lines = try trainer.lines()
      return (losses: lines.compactMap(\.loss), parameters: try trainer.parameters())
    }
    #expect(runs[0].losses.count == 20)
    var worst = Worst()
    worst.add(relativeError(runs[1].losses, runs[0].losses))
    for (found, expected) in zip(runs[1].parameters, runs[0].parameters) {
      worst.add(relativeError(found, expected))
    }
    let equal = runs[0].losses == runs[1].losses && runs[0].parameters == runs[1].parameters
    print(
      "CPU = OpenCL, \(model.testDescription), \(device.testDescription): \(worst.text), "
        + (equal ? "equal bits" : "bits differ"))
    #expect(worst.value < 1e-5)
  }

  @Test("Two runs write the same bytes, and so does a resumed one", arguments: ModelCase.all)
  func resume(model: ModelCase) throws {
    for device in TestDevice.backends {
      let whole = try TestRun(model.configuration)
      let again = try TestRun(model.configuration)
      let stopped = try TestRun(model.configuration)
      try whole.finish(device.open())
      try again.finish(device.open())
      var calls = 0
      let end = try stopped.trainer(device.open()).train(shouldStop: {
        calls += 1
        return calls > 6
      })
      #expect(end == .interrupted)
      try stopped.finish(device.open())
      let expected = try whole.checkpoints()
      #expect(try again.checkpoints() == expected)
      #expect(try stopped.checkpoints() == expected)
    }
  }

  @Test("A checkpoint gives back weights, moments and progress", arguments: ModelCase.all)
  func roundTrip(model: ModelCase) throws {
    for device in TestDevice.backends {
      let run = try TestRun(model.configuration)
      let trainer = try run.finish(device.open())
      let read = try Checkpoint.read(run.directory.last, layout: trainer.vae.layout)
      let saved = try trainer.checkpoint()
      #expect(read.weights == saved.weights)
      #expect(read.firstMoments == saved.firstMoments)
      #expect(read.secondMoments == saved.secondMoments)
      #expect(read.progress == trainer.progress && trainer.progress.step == 12)

      let other = try VAE(trainer.vae.configuration, device: device.open(), seed: 99)
      #expect(try other.weights() != saved.weights)
      try other.loadWeights(from: SafeTensors.read(run.directory.last))
      #expect(try other.weights() == saved.weights)
      #expect(try other.sample(count: 3) == trainer.vae.sample(count: 3))
    }
  }
}
