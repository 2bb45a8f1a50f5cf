import Testing
import Training
import VAEGPU

/// The weight of the KL term over the epochs.
@MainActor struct BetaScheduleTests {
  @Test("Linear goes up once, cyclical again and again with as long a plateau, constant not at all")
  func weights() {
    let epochs = [0, 1, 2, 4, 5, 7, 8, 9, 12]
    func weights(_ schedule: BetaSchedule) -> [Double] {
      epochs.map { schedule.weight(epochs: Double($0), warmup: 4) }
    }
    #expect(weights(.constant) == [1, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(weights(.linear) == [0, 0.25, 0.5, 1, 1, 1, 1, 1, 1])
    #expect(weights(.cyclical) == [0, 0.25, 0.5, 1, 1, 1, 0, 0.25, 1])
  }

  @Test(
    "Every step has the weight of its place in the epochs, and its loss is of that weight",
    arguments: TestDevice.backends)
  func steps(device: TestDevice) throws {
    for (schedule, period) in [(BetaSchedule.linear, 100.0), (.cyclical, 3)] {
      var configuration = RunConfiguration.small
      configuration.beta = 2
      configuration.betaSchedule = schedule
      configuration.warmup = 1.5
      configuration.epochs = 4
      configuration.batchSize = 9
      let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
      let lines = try trainer.lines().filter { $0.split == "train" }
      #expect(lines.count == 12)
      for (index, line) in lines.enumerated() {
        // 27 images: three steps an epoch.
        let epochs = (Double(index) / 3).truncatingRemainder(dividingBy: period)
        #expect(abs(line.beta - 2 * min(1, epochs / 1.5)) < 1e-12)
        let loss = try #require(line.loss)
        #expect(relativeError(loss, line.beta * line.kl - line.logLikelihood) < 1e-6)
      }
    }
  }

  @Test("A run with a schedule goes on after a stop as if there had been none")
  func resume() throws {
    var runs = try [TestRun(), TestRun()]
    for index in runs.indices {
      runs[index].configuration.betaSchedule = .cyclical
      runs[index].configuration.warmup = 0.75
    }
    try runs[0].finish(TestDevice.cpu[1].open())
    for stop in [3, 4, 6] {
      var calls = 0
      let trainer = try runs[1].trainer(TestDevice.cpu[1].open())
      try trainer.resume()
      _ = try trainer.train(shouldStop: {
        calls += 1
        return calls > stop
      })
    }
    try runs[1].finish(TestDevice.cpu[1].open())
    #expect(try runs[0].checkpoints() == runs[1].checkpoints())
  }
}
