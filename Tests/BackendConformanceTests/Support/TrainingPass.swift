import Compute
import Graph
import TestSupport
import Testing

/// A whole training step of a small dense VAE as the trainer records it: parameters, gradients and moments in arenas,
/// gradient norm, Adam, and the next step's inputs from tables.
@MainActor struct TrainingPass {
  struct Case: Sendable, CustomTestStringConvertible {
    let activation: Activation
    let isBernoulli: Bool
    let rows, pixels, hidden: Int

    var testDescription: String {
      "VAE step, \(activation.rawValue), \(isBernoulli ? "Bernoulli" : "Gaussian"), "
        + "\(rows) rows, \(pixels)-\(hidden)"
    }

    /// Every activation with each likelihood; sizes that straddle register tiles, panels and groups, in turn.
    static let all: [Case] = {
      let sizes = TestSizes.isSmall ? [1, 5, 33] : [1, 5, 31, 32, 33, 64, 65, 130]
      let kinds = Activation.allCases.flatMap { activation in
        [true, false].map { (activation, $0) }
      }
      return kinds.enumerated().flatMap { index, kind in
        // For an interpreter, each activation once.
        (0..<(!TestSizes.isSmall ? 3 : (index + 1) % 4 < 2 ? 1 : 0)).map { turn in
          let size = { sizes[(index + $0) % sizes.count] }
          return Case(
            activation: kind.0, isBernoulli: kind.1, rows: size(3 * turn),
            pixels: size(3 * turn + 2), hidden: size(3 * turn + 5))
        }
      }.filter { TestNames.isSelected($0.testDescription) }
    }()
  }

  private static let latents = 3
  private static let slots = 2
  private static let alignment = 1024
  let recording = Recording()
  /// Everything that a step leaves behind.
  let results: [Tensor]

  init(_ pass: Case) {
    let recording = self.recording
    let graph = recording.graph
    var generator = SeededGenerator(pass.testDescription)
    let layers = [
      (pass.pixels, pass.hidden), (pass.hidden, 2 * Self.latents), (Self.latents, pass.hidden),
      (pass.hidden, pass.pixels),
    ]
    let shapes: [Shape] = layers.flatMap { [[$0.1, $0.0], [$0.1]] } + [[1]]
    var offsets = [0]
    for shape in shapes {
      offsets.append(
        offsets[offsets.count - 1]
          + (shape.count + Self.alignment - 1) / Self.alignment * Self.alignment)
    }
    let arena: Shape = [offsets[shapes.count]]
    let values = recording.random(arena, -0.4, 0.4, &generator)
    let zeros = [Double](repeating: 0, count: arena.count)
    let (gradients, first, second) = (
      recording.input(zeros, arena), recording.input(zeros, arena), recording.input(zeros, arena)
    )
    let parameters = zip(shapes, offsets).map { recording.part(of: values, $0, offset: $1) }
    let step = Self.step(recording)

    func layer(_ x: Tensor, _ index: Int, _ activation: Activation) -> Tensor {
      let product = graph.multiply(x, parameters[2 * index], transposeB: true)
      return graph.biasActivation(product, parameters[2 * index + 1], activation)
    }
    let x = recording.random([pass.rows, pass.pixels], 0, 1, &generator)
    let order = recording.input((0..<pass.rows).map(Double.init), [pass.rows], .uint32)
    let posterior = layer(layer(x, 0, pass.activation), 1, .identity)
    let (z, kl) = graph.reparameterise(
      posterior, order: order, state: step.state, purpose: .trainingNoise)
    let output = layer(layer(z, 2, pass.activation), 3, .identity)
    let likelihood =
      pass.isBernoulli
      ? graph.bernoulliLogLikelihood(logits: output, x: x)
      : graph.gaussianLogLikelihood(mean: output, x: x, logSigma: parameters[8])
    let objective = graph.negativeELBO(logLikelihood: likelihood, kl: kl, scalars: step.scalars)
    let seed = graph.constant([1, 0, 0], shape: [3])
    let found = graph.gradients(of: objective, seed: seed, withRespectTo: parameters)
    for (gradient, offset) in zip(found, offsets) {
      guard let gradient else { continue }
      let own = graph.isShared(gradient) ? graph.duplicate(gradient) : gradient
      let storage = graph.placements[gradients.id]?.storage ?? ""
      graph.place(own, in: storage, offset: offset, label: "gradient")
    }
    let flags = recording.input([1, 0], [2])
    let history = recording.input([Double](repeating: 0, count: 4 * Self.slots), [Self.slots, 4])
    graph.finishBackward(
      gradients: gradients, objective: objective, step: step, guardFlags: flags,
      history: history, maximumNorm: 5)
    graph.adam(
      gradient: gradients, scalars: step.update, guardFlags: flags, parameter: values,
      firstMoment: first, secondMoment: second)
    results = [history, flags, gradients, values, first, second]
  }

  /// Inputs of two steps.
  private static func step(_ recording: Recording) -> StepTensors {
    let words: [[Double]] = (0..<slots).map { [7, 1, Double($0), 0, Double($0), 0, 0, 0] }
    let scalars: [[Double]] = (0..<slots).map { [0.01, 0.5, 10 / Double($0 + 1), 31, 0, 0, 0, 0] }
    return StepTensors(
      state: recording.input(words[0], [8], .uint32), scalars: recording.input(scalars[0], [8]),
      update: recording.input([Double](repeating: 0, count: 8), [8]),
      stateTable: recording.input(words.flatMap { $0 }, [slots, 8], .uint32),
      scalarTable: recording.input(scalars.flatMap { $0 }, [slots, 8]))
  }

  /// What three steps leave behind.
  func run(on backend: any Backend, fuses: Bool) throws -> (values: [[Double]], launches: Int) {
    let program = try recording.program([], on: backend, fuses: fuses)
    for _ in 0..<3 { try program.run() }
    return (try results.map { try program.readDoubles($0) }, program.launchCount)
  }
}
