import Compute
import Datasets
import FileFormats
import Foundation
import LinearAlgebra
import VAEModels

/// Fits PPCA to the training images of a data set: on the processor, in float64. The model is a VAE on a device like any other,
/// whose ELBO is ln p(x).
public final class PPCATrainer {
  public let configuration: RunConfiguration
  public let vae: VAE
  public private(set) var progress = TrainingProgress()
  /// What is wrong with the fit, and what to do; nil where nothing is.
  public private(set) var advice: String?
  private let data: ImageDataset
  private let output: RunDirectory?
  private let started = monotonicSeconds()

  /// Images with more pixels have too large a covariance: this one's takes 2 GB.
  package static let largestImage = 16_384

  /// Throws `ConfigurationError` for settings that make no sense.
  public init(
    _ configuration: RunConfiguration, data: ImageDataset, device: Device,
    output: RunDirectory? = nil
  ) throws {
    try configuration.validate()
    let image = ImageShape(
      height: data.train.height, width: data.train.width, channels: data.train.channels)
    guard configuration.latent < image.count else {
      throw ConfigurationError(
        key: "latent",
        problem: "\(configuration.latent): ppca needs fewer latents than the \(image.count) pixels")
    }
    guard image.count <= Self.largestImage else {
      throw ConfigurationError(
        key: "model",
        problem: "ppca needs the covariance of all pixels and takes images of up to "
          + "\(Self.largestImage), not \(image.count) pixels; give smaller images, or --hidden none "
          + "--likelihood gaussian: a linear VAE")
    }
    self.configuration = configuration
    self.data = try configuration.parts(of: data)
    self.output = output
    vae = try VAE(
      configuration.modelConfiguration(image: image), device: device, seed: configuration.seed)
  }

  /// - Parameter onEvent: gets a line of metrics every `logEvery` iterations and at the end, and the checkpoint's path.
  public func train(
    onEvent: (TrainingEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TrainingEnd {
    let log = try output.map { try MetricsLog($0.metrics, progress: TrainingProgress()) }
    let threads = configuration.threads ?? vae.device.info.computeUnits
    setLinearAlgebraThreads(max(1, threads))
    defer { setLinearAlgebraThreads(1) }
    var isStopped = shouldStop()
    let statistics = PixelStatistics(data.train)
    let axes = try axes(statistics)
    let limit = configuration.maxSteps ?? .max
    var lastReport = monotonicSeconds()
    func iterate(_ iteration: PPCAIteration) throws -> Bool {
      progress.step = iteration.number
      // An iteration over many images with missing pixels takes seconds.
      let now = monotonicSeconds()
      if iteration.number % configuration.logEvery == 0 || now - lastReport > 2 {
        lastReport = now
        let line = metricsLine(iteration.logLikelihood, kl: nil)
        try log?.append(line)
        try onEvent(.interval(line))
      }
      isStopped = shouldStop()
      return !isStopped
    }
    let model: PrincipalComponents
    switch configuration.fit {
    case .closedForm:
      progress.step = 1
      model = try axes.components(latents: configuration.latent)
    case .em where configuration.missing > 0:
      model = try PPCAFitting.expectationMaximisation(
        MissingPixels(data.train, part: configuration.missing, seed: configuration.seed),
        latents: configuration.latent, limit: min(limit, 1000), threads: threads,
        onIteration: iterate)
    case .em:
      model = try PPCAFitting.expectationMaximisation(
        statistics, latents: configuration.latent, seed: configuration.seed,
        limit: min(limit, 100_000), onIteration: iterate)
    case .gradient:
      model = try PPCAFitting.gradient(
        statistics, latents: configuration.latent, seed: configuration.seed,
        limit: min(limit, 20_000), onIteration: iterate)
    }
    guard !isStopped else { return .interrupted }
    try vae.setPrincipalComponents(model)
    progress.epoch = 1
    let logLikelihood = try model.logLikelihood(statistics)
    advice = advice(logLikelihood, axes)
    let line = metricsLine(logLikelihood, kl: try model.divergence(statistics))
    try log?.append(line)
    try onEvent(.interval(line))
    if let output {
      let checkpoint = try checkpoint()
      try checkpoint.write(to: output.last, layout: vae.layout)
      try checkpoint.write(to: output.best, layout: vae.layout)
      try onEvent(.saved(output.last))
    }
    return .completed
  }

  /// Of the training images. Throws `ConfigurationError` where the likelihood has no maximum.
  private func axes(_ data: PixelStatistics) throws -> PrincipalAxes {
    let axes = try PrincipalAxes(data)
    guard axes.dimensions > configuration.latent else {
      throw ConfigurationError(
        key: "latent",
        problem:
          "\(configuration.latent): the \(data.images) training images span \(axes.dimensions) "
          + "dimensions, and ppca needs more of them than latents; give fewer latents or images that "
          + "differ more")
    }
    return axes
  }

  /// What to do about a fit with this ln p(x) of the training images.
  private func advice(_ logLikelihood: Double, _ axes: PrincipalAxes) -> String? {
    if configuration.missing > 0 {
      return logLikelihood > axes.maximumLogLikelihood(latents: 0)
        ? nil
        : "the fit explains what is seen and not what is hidden: too few pixels are seen for "
          + "\(configuration.latent) latents; lower --latent or --missing"
    }
    let distance = axes.maximumLogLikelihood(latents: configuration.latent) - logLikelihood
    guard distance > 0.01 else { return nil }
    return "the fit ended \(String(format: "%.2f", distance)) nats per image below the maximum; "
      + (configuration.maxSteps == nil ? "" : "raise --max-steps or ")
      + "take --fit closed-form, which has it exactly"
  }

  /// The test set, whole.
  public func evaluate(samples: Int, stop: () -> Bool = { false }) throws -> Evaluation? {
    try Evaluator(
      vae, images: DeviceImages(data.test, backend: vae.device.backend), binarization: .none
    ).evaluate(samples: samples, seed: configuration.seed, stop: stop)
  }

  private func metricsLine(_ logLikelihood: Double, kl: Double?) -> MetricsLine {
    MetricsLine(
      step: progress.step, epoch: 1, split: "train", elbo: logLikelihood,
      logLikelihood: logLikelihood + (kl ?? 0), kl: kl ?? .nan, beta: 1, bound: "exact",
      binarization: "none",
      imagesPerSecond: Double(data.train.count * progress.step) / (monotonicSeconds() - started),
      seconds: monotonicSeconds() - started)
  }

  private func checkpoint() throws -> Checkpoint {
    let zeros = vae.layout.parameters.map { [Float](repeating: 0, count: $0.count) }
    return Checkpoint(
      weights: try vae.weights(), firstMoments: zeros, secondMoments: zeros, progress: progress,
      seed: configuration.seed, configuration: configuration.fingerprint,
      dataset: Checkpoint.dataset(
        data.name, count: data.train.count, image: vae.configuration.image))
  }
}
