import Compute
import FileFormats
import Foundation

extension Trainer {
  /// The state of the run, read from the device.
  ///
  /// Throws `DivergenceError` if any of it is not finite: an update can overflow although its gradient is finite, and
  /// such a state is never saved.
  package func checkpoint() throws -> Checkpoint {
    let checkpoint = Checkpoint(
      weights: try vae.weights(), firstMoments: try vae.readArena(optimizer.firstMoments),
      secondMoments: try vae.readArena(optimizer.secondMoments), progress: progress,
      seed: configuration.seed, configuration: configuration.fingerprint, dataset: datasetName)
    for values in [checkpoint.weights, checkpoint.firstMoments, checkpoint.secondMoments] {
      for (parameter, tensor) in zip(vae.layout.parameters, values)
      where !tensor.allSatisfy(\.isFinite) {
        throw DivergenceError(
          step: progress.step, tensor: parameter.name, learningRate: configuration.learningRate,
          checkpoint: lastCheckpoint)
      }
    }
    return checkpoint
  }

  /// Writes `checkpoints/last.safetensors`.
  func save(_ onEvent: (TrainingEvent) throws -> Void) throws {
    lastSave = monotonicSeconds()
    guard let output else { return }
    try checkpoint().write(to: output.last, layout: vae.layout)
    lastSave = monotonicSeconds()
    try onEvent(.saved(output.last))
  }

  /// Goes on from the last checkpoint of the output directory; without one the run starts at step 0.
  ///
  /// Throws `FileError.mismatch` for a checkpoint of another model, seed or data set.
  public func resume() throws {
    guard let output else { return }
    guard FileManager.default.fileExists(atPath: output.last) else {
      // A run that was cut off before its first checkpoint starts anew; one that had checkpoints has lost one.
      guard FileManager.default.fileExists(atPath: output.best) else { return }
      throw FileError(
        .missing, path: output.last, problem: "no such file, so there is nothing to go on from",
        advice: "copy \(output.best) there to go on from the best epoch")
    }
    let checkpoint = try Checkpoint.read(output.last, layout: vae.layout)
    guard checkpoint.dataset == datasetName else {
      throw FileError(
        .mismatch, path: output.last,
        problem: "was trained on '\(checkpoint.dataset)', the data set now is '\(datasetName)'")
    }
    guard checkpoint.configuration == configuration.fingerprint else {
      throw FileError(
        .mismatch, path: output.last,
        problem: "was trained with other settings: \(checkpoint.configuration)",
        advice: "now: \(configuration.fingerprint)")
    }
    guard checkpoint.progress.position <= train.source.count else {
      throw FileError(
        .malformed, path: output.last,
        problem:
          "its position \(checkpoint.progress.position) lies beyond the \(train.source.count) images"
      )
    }
    try vae.setWeights(checkpoint.weights)
    try vae.writeArena(optimizer.firstMoments, checkpoint.firstMoments)
    try vae.writeArena(optimizer.secondMoments, checkpoint.secondMoments)
    progress = checkpoint.progress
  }

  var lastCheckpoint: String? {
    output.flatMap { FileManager.default.fileExists(atPath: $0.last) ? $0.last : nil }
  }
}
