import CPUBackend
import Compute
import Datasets
import Training

extension Verification {
  /// The recorded gradients of every model, likelihood and objective.
  func verifyGradients() throws {
    try report {
      var worst = 0.0
      var count = 0
      for variant in try ModelVariant.all(Self.small) {
        try checkStop()
        let check = try GradientCheck(variant.configuration, data: Self.images, rows: 7)
        worst = try check.errors().reduce(worst) { max($0, $1.error) }
        count += 1
      }
      return [
        VerificationResult(
          "gradients of \(count) models = finite differences, float64", worst, .atMost, 1e-6,
          unit: "relative error")
      ]
    }
  }

  /// The losses and weights of twenty steps of each.
  func verifyBackends() throws {
    let isProcessor = device.info.index == nil
    try report {
      var worst = 0.0
      var count = 0
      for variant in try ModelVariant.all(Self.small) {
        try checkStop()
        let other = Device(
          CPUBackend(threads: 1, realType: isProcessor ? .float64 : .float32))
        let runs = try [device, other].map { device in
          let trainer = try Trainer(variant.configuration, data: Self.images, device: device)
          return try trainer.runSteps(20) + trainer.vae.weights().flatMap { $0.map(Double.init) }
        }
        worst = max(worst, relativeError(runs[0], runs[1]))
        count += 1
      }
      return [
        VerificationResult(
          isProcessor
            ? "20 steps of \(count) models: float32 = float64"
            : "20 steps of \(count) models: device = CPU", worst, .atMost,
          isProcessor ? 1e-3 : 1e-5, unit: "relative error")
      ]
    }
  }

  /// Nine images of 5 x 5 random pixels, and a test set of as many.
  private static let images: ImageDataset = {
    func set(_ split: Split) -> ImageSet {
      let words = Philox(seed: 7, purpose: .pixelDraw, step: split.number).words(count: 225)
      return ImageSet(
        verified: "noise", split: split, count: 9, height: 5, width: 5,
        pixels: words.map { $0 & 3 == 0 ? 0 : UInt8($0 >> 24) })
    }
    return ImageDataset(verified: "noise", train: set(.train), test: set(.test))
  }()

  private static let small: RunConfiguration = {
    var configuration = RunConfiguration()
    configuration.hidden = [16, 12]
    configuration.latent = 5
    configuration.batchSize = 8
    return configuration
  }()
}
