import Foundation
import Testing
import VAEGPU

/// Adam and gradient clipping against float64 arithmetic on the gradients of the device.
@MainActor struct OptimizerTests {
  @Test(
    "Each step is Adam on the gradient, scaled to the norm where that is larger",
    arguments: TestDevice.all, [0, 0.5, 1e6])
  func adam(device: TestDevice, clipNorm: Double) throws {
    var configuration = RunConfiguration.small
    configuration.clipNorm = clipNorm
    configuration.learningRate = 2e-3
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    var expected = AdamReference(try trainer.parameters(), learningRate: 2e-3)
    var clipped = 0
    try trainer.lines { line in
      let gradients = try trainer.gradients()
      let norm = gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(relativeError(line.gradientNorm ?? .nan, norm) < 1e-6)
      let scale = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1
      if scale < 1 { clipped += 1 }
      expected.step(gradients.map { $0.map { $0 * scale } })
      try check(trainer, expected)
    }
    #expect(clipped == (clipNorm == 0.5 ? 12 : 0), "the norms lie between 0.5 and a million")
  }

  private func check(_ trainer: Trainer, _ expected: AdamReference) throws {
    let pairs = [
      (try trainer.parameters(), expected.parameters),
      (try trainer.doubles(trainer.optimizer.firstMoments), expected.first),
      (try trainer.doubles(trainer.optimizer.secondMoments), expected.second),
    ]
    for (found, expected) in pairs {
      for (found, expected) in zip(found, expected) {
        #expect(relativeError(found, expected) < 2e-6)
      }
    }
  }
}

/// Algorithm 1 of Kingma & Ba 2015.
struct AdamReference {
  private(set) var parameters: [[Double]]
  private(set) var first: [[Double]]
  private(set) var second: [[Double]]
  private let learningRate: Double
  private var t = 0.0

  init(_ parameters: [[Double]], learningRate: Double) {
    self.parameters = parameters
    self.learningRate = learningRate
    first = parameters.map { $0.map { _ in 0 } }
    second = first
  }

  mutating func step(_ gradients: [[Double]]) {
    t += 1
    for (tensor, gradient) in gradients.enumerated() {
      for (i, g) in gradient.enumerated() {
        first[tensor][i] = 0.9 * first[tensor][i] + 0.1 * g
        second[tensor][i] = 0.999 * second[tensor][i] + 0.001 * g * g
        let m = first[tensor][i] / (1 - pow(0.9, t))
        let v = second[tensor][i] / (1 - pow(0.999, t))
        parameters[tensor][i] -= learningRate * m / (v.squareRoot() + 1e-8)
      }
    }
  }
}
