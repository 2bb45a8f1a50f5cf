import Compute
import Foundation
import Testing
import VAEGPU

/// Every gradient of a training step against central differences of its loss, in float64.
@MainActor struct ModelGradientTests {
  @Test(
    "The gradient of the loss by every parameter is its finite difference", arguments: ModelCase.all
  )
  func gradients(model: ModelCase) throws {
    let step = try FrozenStep(model.configuration)
    try step.run()
    let gradients = try step.trainer.gradients()
    var worst = Worst()
    for (parameter, gradient) in zip(step.trainer.vae.layout.parameters, gradients) {
      let differences = try (0..<parameter.count).map {
        try step.difference(at: parameter.offset + $0)
      }
      let error = relativeError(gradient, differences)
      #expect(error < 1e-6, "\(parameter.name)")
      worst.add(error)
    }
    print("Finite differences, \(model.testDescription): \(worst.text)")
  }

  @Test("The weight of the KL term is beta", arguments: [0, 0.25, 4])
  func beta(beta: Double) throws {
    var configuration = RunConfiguration.small
    configuration.beta = beta
    let step = try FrozenStep(configuration)
    try step.run()
    let row = try step.history()
    #expect(relativeError(row[0], beta * row[2] - row[1]) < 1e-15)
  }
}

/// One training step of the float64 reference that does not move: its learning rate is 0, its noise a function.
@MainActor struct FrozenStep {
  let trainer: Trainer
  private let program: TrainingStep
  private let backend: any Backend
  private let values: [Double]
  private let rows = 7

  init(_ configuration: RunConfiguration) throws {
    var configuration = configuration
    if configuration.beta == 1 { configuration.beta = 0.6 }
    trainer = try Trainer(
      configuration, data: TestImages.dataset(train: 9, side: 5), device: TestDevice.reference)
    backend = trainer.vae.device.backend
    program = try trainer.step(rows: rows)
    values = try backend.downloadReals(
      BufferView(trainer.vae.parameters), count: trainer.vae.layout.elementCount)
  }

  /// The step turns to another at its end; each run begins with this one.
  func run() throws {
    let configuration = trainer.configuration
    try trainer.inputs.write(
      .init(
        seed: configuration.seed, number: 3, batchStart: 1, slot: 0, learningRate: 0,
        beta: configuration.beta))
    try program.program.run()
  }

  /// { loss, log-likelihood, KL, gradient norm }.
  func history() throws -> [Double] {
    try backend.downloadReals(BufferView(trainer.optimizer.history), count: 4)
  }

  /// (loss(p + h) - loss(p - h)) / 2h of the element of the arena.
  func difference(at element: Int) throws -> Double {
    let h = 1e-5
    let losses = try [values[element] + h, values[element] - h, values[element]].map { value in
      let view = BufferView(trainer.vae.parameters, byteOffset: 8 * element, byteCount: 8)
      try backend.upload(reals: [value], to: view)
      if value == values[element] { return 0.0 }
      try run()
      return try history()[0]
    }
    return (losses[0] - losses[1]) / (2 * h)
  }
}
