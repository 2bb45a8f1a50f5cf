import Datasets
import FileFormats
import NeuralNetwork
import VAEGPU

/// A run's model with the weights of one of its checkpoints, on a device.
struct OpenedRun {
  enum Source: String, CaseIterable, Sendable {
    case last
    case best
  }

  let run: RunDirectory
  let configuration: RunConfiguration
  let checkpoint: String
  /// Steps behind the weights.
  let step: Int
  let vae: VAE

  init(_ path: String, checkpoint source: Source = .last, device options: DeviceOptions) throws {
    run = try RunDirectory.open(path)
    configuration = try RunConfiguration(run: run)
    let choice = try Device.choose(options.device)
    checkpoint = source == .last ? run.last : run.best
    try VAE.checkMemory(toRead: checkpoint)
    let file = try Self.read(checkpoint, of: run)
    guard let image = try Checkpoint.imageShape(of: file) else {
      throw FileError(
        .malformed, path: checkpoint, problem: "its metadata does not tell the size of images")
    }
    let model = configuration.modelConfiguration(image: image)
    try RunConfiguration.check(model)
    let saved = try Checkpoint.read(file, layout: ModelRegistry.make(model).layout)
    step = saved.progress.step
    vae = try VAE(
      model,
      device: try Device.open(choice: choice, threads: options.threads, order: options.order),
      seed: configuration.seed)
    try vae.setWeights(saved.weights)
  }

  /// Throws where the model has given something that is not finite: its weights may be so.
  func checkFinite(_ values: [Float], _ name: String) throws {
    guard !values.allSatisfy(\.isFinite) else { return }
    throw FoundFailure(
      "\(checkpoint): the model gives \(name) that are not finite; its weights are too large or not "
        + "those of this model; nothing was written")
  }

  /// The posteriors of images: rows of M means, then M log-variances.
  func encode(_ images: [Float]) throws -> [Float] {
    let posteriors = try vae.encode(images)
    try checkFinite(posteriors, "posteriors")
    return posteriors
  }

  /// Says how a run goes on whose last checkpoint was never written.
  private static func read(_ path: String, of run: RunDirectory) throws(FileError) -> SafeTensors {
    do {
      return try SafeTensors.read(path)
    } catch {
      guard error.code == .missing, path == run.last, !PathStatus.isMissing(run.best) else {
        throw error
      }
      throw FileError(
        .missing, path: path, problem: error.problem,
        advice: "'vae-gpu train --resume \(ShellWord.path(run.path))' goes on from \(run.best)")
    }
  }

  /// The images that the flags name, of the model's size.
  func images(_ options: ImageOptions) throws -> ImageSet {
    let spec = options.data ?? configuration.data
    let isOwn = options.data == nil
    if options.chosenSplit == .validation && (!isOwn || configuration.validation == 0) {
      throw UsageError(
        "--split validation: "
          + (isOwn ? "the run in \(run.path) held out no images" : "is for the run's own data")
          + "; take train or test")
    }
    let images = try DatasetLoader.load(
      spec, split: options.chosenSplit, validation: isOwn ? configuration.validation : 0)
    let shape = ImageShape(height: images.height, width: images.width, channels: images.channels)
    guard shape == vae.configuration.image else {
      throw FileError(
        .mismatch, path: spec,
        problem: "its images are \(shape), and the model of \(run.path) is for "
          + "\(vae.configuration.image)",
        advice: "choose a data set of that size with --data")
    }
    return images
  }

  /// "runs/vae-1, step 4690".
  var summary: String { "\(run.path), step \(step)" }
}

extension RunConfiguration {
  /// The settings of an existing run, checked.
  init(run: RunDirectory) throws {
    try self.init(tomlFile: run.configuration)
    do {
      try validate()
    } catch {
      throw ConfigurationError(path: run.configuration, key: error.key, problem: error.problem)
    }
  }
}
