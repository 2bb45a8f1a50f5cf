import FileFormats
import NeuralNetwork

/// Weights, Adam moments and progress of a run in one safetensors file: everything a resume needs, and nothing that
/// would make two equal runs differ.
package struct Checkpoint {
  package var weights: [[Float]]
  package var firstMoments: [[Float]]
  package var secondMoments: [[Float]]
  package var progress: TrainingProgress
  package var seed: UInt64
  /// `RunConfiguration.fingerprint`.
  package var configuration: String
  /// Name, count and image size of the training set.
  package var dataset: String

  static let format = "vae-gpu checkpoint 1"

  /// Atomic and durable: a reader sees the old file or the new one.
  package func write(to path: String, layout: ParameterLayout) throws(FileError) {
    var tensors: [(name: String, shape: [Int], values: [Float])] = []
    let parts = [
      ("", weights), ("optimizer.first_moment.", firstMoments),
      ("optimizer.second_moment.", secondMoments),
    ]
    for (prefix, values) in parts {
      for (parameter, tensor) in zip(layout.parameters, values) {
        tensors.append((prefix + parameter.name, parameter.shape, tensor))
      }
    }
    try SafeTensors.write(tensors: tensors, metadata: metadata, to: path)
  }

  package static func read(_ path: String, layout: ParameterLayout) throws -> Checkpoint {
    let file = try SafeTensors.read(path)
    guard file.metadata["format"] == format else {
      throw FileError(
        .mismatch, path: path, problem: "is not a checkpoint of vae-gpu",
        advice: "use 'vae-gpu import' for weights trained elsewhere")
    }
    var progress = TrainingProgress()
    progress.step = try integer("step", file)
    progress.epoch = try integer("epoch", file)
    progress.position = try integer("position", file)
    progress.epochsSinceBest = try integer("epochs_since_best", file)
    progress.bestELBO = file.metadata["best_elbo"].flatMap(Double.init)
    return Checkpoint(
      weights: try WeightFile.values(of: layout, in: file),
      firstMoments: try WeightFile.values(of: layout, in: file, prefix: "optimizer.first_moment."),
      secondMoments: try WeightFile.values(of: layout, in: file, prefix: "optimizer.second_moment."),
      progress: progress, seed: UInt64(try integer("seed", file)),
      configuration: file.metadata["configuration"] ?? "", dataset: file.metadata["dataset"] ?? "")
  }

  private var metadata: [(String, String)] {
    var entries = [
      ("format", Self.format), ("step", "\(progress.step)"), ("epoch", "\(progress.epoch)"),
      ("position", "\(progress.position)"), ("epochs_since_best", "\(progress.epochsSinceBest)"),
      ("seed", "\(seed)"), ("configuration", configuration), ("dataset", dataset),
    ]
    if let best = progress.bestELBO { entries.append(("best_elbo", "\(best)")) }
    return entries
  }

  private static func integer(_ key: String, _ file: SafeTensors) throws(FileError) -> Int {
    guard let text = file.metadata[key], let value = Int(text), value >= 0 else {
      throw FileError(
        .malformed, path: file.path, problem: "its metadata has no whole number '\(key)'")
    }
    return value
  }
}
