import Foundation
import Testing
import Training
import VAEGPU

/// Learning rates over the epochs, and the settings of Adam.
@MainActor struct LearningRateTests {
  @Test("Schedules have the values of their formulas")
  func weights() {
    func weights(_ schedule: LearningRateSchedule, _ epochs: [Double]) -> [Double] {
      epochs.map { schedule.weight(epochs: $0, length: 8) }
    }
    #expect(weights(.constant, [0, 5, 900]) == [1, 1, 1])
    #expect(relativeError(weights(.cosine, [0, 4, 8, 9]), [1, 0.5, 0, 0]) < 1e-12)
    #expect(
      relativeError(weights(.exponential, [0, 4, 8, 24]), [1, sqrt(0.5), 0.5, 0.125]) < 1e-12)
    // 1 epoch, 3 epochs, 9, … and the last stage has no end.
    let starts: [Double] = [0, 0.99, 1, 3.99, 4, 12.9, 13, 1092.9, 1093, 3280, 9000]
    let stages: [Double] = [0, 0, 1, 1, 2, 2, 3, 6, 7, 7, 7]
    #expect(relativeError(weights(.staircase, starts), stages.map { pow(10, -$0 / 7) }) < 1e-12)
  }

  @Test("Where a cosine schedule has ended nothing moves", arguments: TestDevice.backends)
  func cosine(device: TestDevice) throws {
    var configuration = RunConfiguration.small
    configuration.learningRateSchedule = .cosine
    configuration.learningRateEpochs = 2
    configuration.epochs = 2
    let short = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    try short.train()
    configuration.epochs = 4
    let long = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    try long.train()
    #expect(try short.vae.weights() == long.vae.weights())
    configuration.learningRateEpochs = 3
    let other = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    try other.train()
    #expect(try short.vae.weights() != other.vae.weights())
  }

  @Test(
    "Bias corrections are those of the decay rates: the first step has its length from lr alone",
    arguments: TestDevice.backends)
  func corrections(device: TestDevice) throws {
    var configuration = RunConfiguration.small
    configuration.maxSteps = 1
    let runs = try [(0.9, 0.999, 1e-8), (0.5, 0.9, 1e-8), (0.9, 0.999, 10)].map { settings in
      (configuration.adam.beta1, configuration.adam.beta2, configuration.adam.epsilon) = settings
      let trainer = try Trainer(
        configuration, data: TestImages.dataset(), device: device.open())
      let before = try trainer.vae.weights().flatMap { $0 }
      try trainer.train()
      return zip(try trainer.vae.weights().flatMap { $0 }, before).map { Double($0 - $1) }
    }
    #expect(relativeError(runs[1], runs[0]) < 1e-3)
    let largest = runs.map { run in run.map(abs).max() ?? 0 }
    #expect(largest[2] < 0.2 * largest[0])
  }
}
