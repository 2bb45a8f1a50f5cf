import Compute
import Datasets
import Training
import VAEModels

/// Holds the engine against what is known exactly: closed forms, other ways to the same number, other backends.
public struct Verification {
  let device: Device
  let data: ImageDataset
  /// Of PPCA and its linear VAE; nil: up to ten, by the eigenvalues.
  let latents: Int?
  private let onResult: (VerificationResult) throws -> Void
  private let stop: () -> Bool

  /// - Parameters:
  ///   - data: what models are trained on. Gradients and agreement of backends have small images of their own.
  ///   - stop: looked at between steps; true ends it with `CancellationError`.
  ///   - onResult: gets every figure as soon as it is there.
  public init(
    device: Device, data: ImageDataset, latents: Int? = nil, stop: @escaping () -> Bool = { false },
    onResult: @escaping (VerificationResult) throws -> Void
  ) {
    self.device = device
    self.data = data
    self.latents = latents
    self.stop = stop
    self.onResult = onResult
  }

  /// Throws `ConfigurationError` for images that span too few dimensions to be told apart by.
  public func run() throws {
    guard data.train.pixelsPerImage <= PPCATrainer.largestImage else {
      throw ConfigurationError(
        key: "data",
        problem:
          "images of \(data.train.pixelsPerImage) pixels have too large a covariance for PPCA; "
          + "give some of up to \(PPCATrainer.largestImage)")
    }
    let statistics = PixelStatistics(data.train)
    let axes = try PrincipalAxes(statistics)
    let needed = (latents ?? 2) + 1
    guard axes.dimensions >= needed else {
      throw ConfigurationError(
        key: latents == nil ? "data" : "latent",
        problem:
          "the \(data.train.count) training images of \(data.name) span \(axes.dimensions) dimensions, "
          + "and this takes \(needed); give "
          + (latents == nil ? "images that differ more" : "fewer latents"))
    }
    try verifyGradients()
    try verifyBackends()
    try verifyBounds()
    try verifyPPCA(statistics, axes)
  }

  /// Reports the figures of a check, with the time they took.
  func report(_ figures: () throws -> [VerificationResult]) throws {
    let started = monotonicSeconds()
    let results = try figures()
    for var result in results {
      result.seconds = (monotonicSeconds() - started) / Double(results.count)
      try onResult(result)
    }
  }

  func checkStop() throws {
    if stop() { throw CancellationError() }
  }

  /// Trains for a number of steps, whatever the size of the data set, with a learning rate that ends at 0.
  func trained(
    steps: Int, _ configure: (inout RunConfiguration) -> Void
  ) throws -> Trainer {
    var configuration = RunConfiguration()
    configure(&configuration)
    let perEpoch = try configuration.batches(of: data.train).count
    configuration.epochs = (steps + perEpoch - 1) / perEpoch
    configuration.maxSteps = steps
    configuration.learningRateSchedule = .cosine
    configuration.learningRateEpochs = Double(steps) / Double(perEpoch)
    let trainer = try Trainer(configuration, data: data, device: device)
    var left = steps
    while left > 0 {
      try checkStop()
      let part = min(left, 500)
      guard try trainer.runSteps(part).allSatisfy(\.isFinite) else {
        throw ComputeError(
          .unsupported, operation: "verify",
          detail: "training of \(configuration.likelihood) diverged")
      }
      left -= part
    }
    return trainer
  }
}
