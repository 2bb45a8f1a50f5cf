import CPUBackend
import Compute
import Datasets
import NeuralNetwork
import Training

/// One training step of the float64 CPU backend that does not move, its learning rate 0 and its noise a function: its recorded
/// gradients against central differences of its loss.
package struct GradientCheck {
  package let trainer: Trainer
  private let program: Program
  private let backend: any Backend
  private let values: [Double]

  /// - Parameters:
  ///   - data: a few small images.
  ///   - rows: of the step.
  package init(_ configuration: RunConfiguration, data: ImageDataset, rows: Int) throws {
    var configuration = configuration
    // Another weight than 1, so that none can be forgotten.
    if configuration.beta == 1 { configuration.beta = 0.6 }
    trainer = try Trainer(
      configuration, data: data, device: Device(CPUBackend(threads: 1, realType: .float64)))
    backend = trainer.vae.device.backend
    program = try trainer.step(rows: rows).program
    values = try backend.downloadReals(
      BufferView(trainer.vae.parameters), count: trainer.vae.layout.elementCount)
  }

  /// { loss, log-likelihood, KL, gradient norm } of the step.
  package func run() throws -> [Double] {
    let configuration = trainer.configuration
    // The step turns to another at its end; each run begins with this one.
    try trainer.inputs.write(
      .init(
        seed: configuration.seed, number: 3, batchStart: 1, slot: 0, learningRate: 0,
        beta: configuration.beta, capacity: 0.5))
    try program.run()
    return try backend.downloadReals(BufferView(trainer.optimizer.history), count: 4)
  }

  /// Of each parameter the largest difference between gradient and finite difference, relative to the largest of either.
  package func errors() throws -> [(parameter: String, error: Double)] {
    _ = try run()
    let gradients = try backend.downloadReals(
      BufferView(trainer.optimizer.gradients), count: trainer.vae.layout.elementCount)
    return try trainer.vae.layout.parameters.map { parameter in
      let range = parameter.offset..<(parameter.offset + parameter.count)
      let differences = try range.map { try difference(at: $0) }
      let scale = differences.reduce(1e-30) { max($0, abs($1)) }
      let error = zip(gradients[range], differences).reduce(0.0) { worst, pair in
        let error = abs(pair.0 - pair.1)
        return error.isFinite ? max(worst, error) : .infinity
      }
      return (parameter.name, error == 0 ? 0 : error / scale)
    }
  }

  /// The derivative of the loss by an element of the arena: central differences d(h) and d(2h) make (4 d(h) - d(2h)) / 3, whose error
  /// is of order h^4 (Abramowitz & Stegun 25.3.6), so h may be so large that the losses' rounding does not count. Where the two differ
  /// by more than h^2 allows there is a kink nearby, such as Laplace's, and a small step is taken.
  private func difference(at element: Int) throws -> Double {
    let (near, far) = (try central(element, 2e-4), try central(element, 4e-4))
    guard abs(near - far) < 1e-5 * max(1, abs(near)) else { return try central(element, 1e-5) }
    return (4 * near - far) / 3
  }

  /// d(h) = (loss(p + h) - loss(p - h)) / 2h.
  private func central(_ element: Int, _ h: Double) throws -> Double {
    let view = BufferView(trainer.vae.parameters, byteOffset: 8 * element, byteCount: 8)
    let losses = try [values[element] + h, values[element] - h].map { value in
      try backend.upload(reals: [value], to: view)
      return try run()[0]
    }
    try backend.upload(reals: [values[element]], to: view)
    return (losses[0] - losses[1]) / (2 * h)
  }
}
