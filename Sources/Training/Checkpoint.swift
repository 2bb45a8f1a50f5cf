import FileFormats
import NeuralNetwork
import VAEModels

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
  /// The steps since the last line of metrics, where the checkpoint lies within an interval.
  package var interval: MetricsSums?

  static let format = "vae-gpu checkpoint 1"

  /// Atomic and durable: a reader sees the old file or the new one.
  package func write(to path: String, layout: ParameterLayout) throws(FileError) {
    var tensors: [(name: String, shape: [Int], values: [Float])] = []
    let parts = [
      ("", weights), (WeightFile.firstMomentPrefix, firstMoments),
      (WeightFile.secondMomentPrefix, secondMoments),
    ]
    for (prefix, values) in parts {
      for (parameter, tensor) in zip(layout.parameters, values) {
        tensors.append(
          (prefix + parameter.name, parameter.publishedShape, parameter.publishedValues(tensor)))
      }
    }
    let metadata = self.metadata
    try SafeTensors.write(
      tensors: tensors,
      metadata: metadata + SafeTensors.checksums(of: tensors, metadata: metadata), to: path)
  }

  package static func read(_ path: String, layout: ParameterLayout) throws -> Checkpoint {
    try VAE.checkMemory(toRead: path)
    return try read(try SafeTensors.read(path), layout: layout)
  }

  package static func read(_ file: SafeTensors, layout: ParameterLayout) throws -> Checkpoint {
    try checkFormat(file)
    var progress = TrainingProgress()
    progress.step = try integer("step", file)
    progress.epoch = try integer("epoch", file, limit: RunConfiguration.epochLimit)
    progress.position = try integer("position", file)
    progress.epochsSinceBest = try integer("epochs_since_best", file, limit: progress.epoch)
    progress.bestELBO = try number("best_elbo", file)
    return Checkpoint(
      weights: try WeightFile.values(of: layout, in: file),
      firstMoments: try WeightFile.values(
        of: layout, in: file, prefix: WeightFile.firstMomentPrefix),
      secondMoments: try WeightFile.values(
        of: layout, in: file, prefix: WeightFile.secondMomentPrefix),
      progress: progress, seed: UInt64(try integer("seed", file, limit: .max)),
      configuration: file.metadata["configuration"] ?? "", dataset: file.metadata["dataset"] ?? "",
      interval: try MetricsSums(file))
  }

  /// The size of the images that the model of a checkpoint is for: the end of its `dataset`.
  package static func imageShape(of file: SafeTensors) throws -> ImageShape? {
    try checkFormat(file)
    let sizes = file.metadata["dataset"]?.split(separator: " ").last?.split(separator: "x") ?? []
    let numbers = sizes.compactMap { Int($0) }
    guard numbers.count == sizes.count, numbers.count == 3 || numbers.count == 4,
      numbers.dropFirst().allSatisfy({ (1...1 << 20).contains($0) }),
      numbers.dropFirst().reduce(1, *) <= 1 << 24
    else { return nil }
    return ImageShape(
      height: numbers[1], width: numbers[2], channels: numbers.count == 4 ? numbers[3] : 1)
  }

  /// The text of `dataset`.
  package static func dataset(_ name: String, count: Int, image: ImageShape) -> String {
    "\(name) \(count)x\(image)"
  }

  private static func checkFormat(_ file: SafeTensors) throws {
    guard file.metadata["format"] == format else {
      throw FileError(
        .mismatch, path: file.path, problem: "is not a checkpoint of vae-gpu",
        advice: "use 'vae-gpu import' for weights trained elsewhere")
    }
  }

  private var metadata: [(String, String)] {
    var entries = [
      ("format", Self.format), ("step", "\(progress.step)"), ("epoch", "\(progress.epoch)"),
      ("position", "\(progress.position)"), ("epochs_since_best", "\(progress.epochsSinceBest)"),
      ("seed", "\(seed)"), ("configuration", configuration), ("dataset", dataset),
    ]
    if let best = progress.bestELBO { entries.append(("best_elbo", "\(best)")) }
    if let interval { entries.append((MetricsSums.key, interval.text)) }
    return entries
  }

  /// A count; the kernels take 32 bits of it.
  private static func integer(
    _ key: String, _ file: SafeTensors, limit: Int = Int(UInt32.max)
  ) throws(FileError) -> Int {
    guard let text = file.metadata[key], let value = Int(text), (0...limit).contains(value) else {
      throw FileError(
        .malformed, path: file.path,
        problem: "its metadata has no whole number '\(key)' in 0 ... \(limit)")
    }
    return value
  }

  private static func number(_ key: String, _ file: SafeTensors) throws(FileError) -> Double? {
    guard let text = file.metadata[key] else { return nil }
    guard let value = Double(text), value.isFinite else {
      throw FileError(.malformed, path: file.path, problem: "its metadata has no number '\(key)'")
    }
    return value
  }
}
