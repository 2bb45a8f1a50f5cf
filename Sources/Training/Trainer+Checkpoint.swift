import Compute
import FileFormats

extension Trainer {
  /// The state of the run, read from the device.
  ///
  /// Throws `DivergenceError` if any of it is not finite: an update can overflow although its gradient is finite, and
  /// such a state is never saved.
  package func checkpoint() throws -> Checkpoint {
    let checkpoint = Checkpoint(
      weights: try vae.weights(), firstMoments: try vae.readArena(optimizer.firstMoments),
      secondMoments: try vae.readArena(optimizer.secondMoments), progress: progress,
      seed: configuration.seed, configuration: configuration.fingerprint, dataset: datasetName,
      interval: window.isEmpty ? nil : window.sums)
    for values in [checkpoint.weights, checkpoint.firstMoments, checkpoint.secondMoments] {
      for (parameter, tensor) in zip(vae.layout.parameters, values)
      where !tensor.allSatisfy(\.isFinite) {
        throw divergence(step: progress.step, tensor: parameter.name)
      }
    }
    return checkpoint
  }

  /// Writes `checkpoints/last.safetensors`; the lines of metrics so far are on the disk before it.
  func save(_ onEvent: (TrainingEvent) throws -> Void) throws {
    lastSave = monotonicSeconds()
    guard let output else { return }
    let checkpoint = try checkpoint()
    try log?.synchronize()
    try write(checkpoint, to: output.last)
    lastSave = monotonicSeconds()
    try onEvent(.saved(output.last))
  }

  /// Writes `checkpoints/best.safetensors`.
  func saveBest() throws {
    if let output { try write(checkpoint(), to: output.best) }
  }

  private func write(_ checkpoint: Checkpoint, to path: String) throws {
    try output?.checkPresence()
    try output?.makeCheckpoints()
    do {
      try checkpoint.write(to: path, layout: vae.layout)
    } catch {
      // A directory that went in the meantime is the cause, whatever call met it.
      try output?.checkPresence()
      throw error
    }
  }

  func divergence(step: Int, tensor: String) -> DivergenceError {
    DivergenceError(
      step: step, tensor: tensor, learningRate: configuration.learningRate,
      clipNorm: configuration.clipNorm, adamEpsilon: configuration.adam.epsilon,
      checkpoint: lastCheckpoint)
  }

  var lastCheckpoint: String? {
    output.flatMap { PathStatus.isMissing($0.last) ? nil : $0.last }
  }
}
