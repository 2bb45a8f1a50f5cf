import TestSupport
import Testing
import VAEGPU

/// Which images a step takes.
@MainActor struct BatchTests {
  @Test(
    "Every epoch uses every image once, the last batch with what is left",
    arguments: TestDevice.backends, [1, 5, 8, 27, 64])
  func everyImageOnce(device: TestDevice, batchSize: Int) throws {
    var configuration = RunConfiguration.small
    configuration.batchSize = batchSize
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    var used: [Int: [UInt32]] = [:]
    var before = 0
    try trainer.lines { line in
      let rows = (line.epoch - 1) * 27 + trainer.progress.position - before
      before += rows
      #expect(
        rows == batchSize || trainer.progress.position == 27, "only the last batch is smaller")
      used[line.epoch, default: []] += try trainer.batch(rows: rows)
    }
    #expect(used.count == 3)
    for epoch in 1...3 {
      #expect(used[epoch]?.sorted() == Array(0..<27), "epoch \(epoch)")
    }
    #expect(used[1] != used[2] && used[2] != used[3], "each epoch has an order of its own")
    #expect(trainer.progress.step == 3 * ((27 + batchSize - 1) / batchSize))
  }

  @Test("The order of an epoch is the shuffle of (seed, epoch)", arguments: TestDevice.backends)
  func order(device: TestDevice) throws {
    let trainer = try Trainer(.small, data: TestImages.dataset(), device: device.open())
    try trainer.lines { line in
      let words = ReferencePhilox.words(
        seed: trainer.configuration.seed, purpose: 2, step: UInt32(line.epoch - 1), count: 27)
      var expected = Array(UInt32(0)..<27)
      for i in stride(from: 26, through: 1, by: -1) {
        expected.swapAt(i, Int((UInt64(words[i]) * UInt64(i + 1)) >> 32))
      }
      let order = try trainer.order()
      #expect(order == expected)
    }
  }

  @Test("A line of several steps is their mean over images, partial batches by their size")
  func lineIsMean() throws {
    func lines(every: Int) throws -> [MetricsLine] {
      var configuration = RunConfiguration.small
      configuration.logEvery = every
      return try Trainer(
        configuration, data: TestImages.dataset(), device: TestDevice.cpu[1].open()
      ).lines()
    }
    let single = try lines(every: 1)
    // 100 steps are never reached: each epoch ends with a line.
    let epochs = try lines(every: 100)
    #expect(epochs.map(\.step) == [4, 8, 12])
    for (index, epoch) in epochs.enumerated() {
      let steps = Array(single[(4 * index)..<(4 * index + 4)])
      func mean(_ value: (MetricsLine) -> Double) -> Double {
        zip([8.0, 8, 8, 3], steps).reduce(0) { $0 + $1.0 * value($1.1) } / 27
      }
      #expect(relativeError(epoch.loss ?? .nan, mean { $0.loss ?? .nan }) < 1e-12)
      #expect(relativeError(epoch.logLikelihood, mean(\.logLikelihood)) < 1e-12)
      #expect(relativeError(epoch.kl, mean(\.kl)) < 1e-12)
      #expect(epoch.elbo == epoch.logLikelihood - epoch.kl)
      #expect(epoch.gradientNorm == steps[3].gradientNorm)
    }
  }
}
