import Compute
import Datasets
import Training

/// A training problem with a name, for comparisons between devices and versions.
package struct Workload: Sendable {
  package let name: String
  /// The model in words.
  package let summary: String
  package private(set) var configuration: RunConfiguration
  package let image: ImageShape
  /// Whether sizes differ from those of the list.
  package private(set) var isResized = false

  /// The one list of workloads. They train on sprites, 28 x 28, so that no file is needed.
  package static let all = [
    Workload(
      "mlp400", "784-400-20-400-784, Bernoulli, batch 128", hidden: [400], latent: 20, batch: 128),
    Workload(
      "mlp300g", "784-300-20-300-784, Gaussian with learned sigma, batch 128", hidden: [300],
      latent: 20, batch: 128, likelihood: "gaussian"),
    Workload(
      "mlp2048", "784-2048-2048-64-2048-2048-784, Bernoulli, batch 512", hidden: [2048, 2048],
      latent: 64, batch: 512),
    Workload(
      "linear", "784-20-784, linear, Gaussian with learned sigma, batch 128", hidden: [],
      latent: 20, batch: 128, likelihood: "gaussian"),
    Workload(
      "conv28", "1x28x28, channels 32-64, kernel 4, stride 2, latent 16, Bernoulli, batch 128",
      channels: [32, 64], latent: 16, batch: 128),
    Workload(
      "conv64",
      "3x64x64, channels 32-64-128-256, kernel 4, stride 2, latent 64, Bernoulli, batch 64",
      channels: [32, 64, 128, 256], latent: 64, batch: 64,
      image: ImageShape(height: 64, width: 64, channels: 3)),
  ]

  package static var names: [String] { all.map(\.name) }

  private init(
    _ name: String, _ summary: String, hidden: [Int] = [], channels: [Int]? = nil, latent: Int,
    batch: Int, likelihood: String = "bernoulli",
    image: ImageShape = ImageShape(height: Sprites.side, width: Sprites.side)
  ) {
    self.name = name
    self.summary = summary
    self.image = image
    var configuration = RunConfiguration()
    configuration.data = "sprites"
    configuration.hidden = hidden
    if let channels {
      (configuration.model, configuration.convolution.channels) = ("conv", channels)
    }
    configuration.latent = latent
    configuration.batchSize = batch
    configuration.likelihood = likelihood
    self.configuration = configuration
  }

  /// The workload with other sizes; nil keeps its own. Throws `ConfigurationError` for a size that makes no sense.
  package func resized(batch: Int?, hidden: [Int]?, latent: Int?) throws -> Workload {
    var result = self
    if let batch { result.configuration.batchSize = batch }
    if let hidden { result.configuration.hidden = hidden }
    if let latent { result.configuration.latent = latent }
    try result.configuration.validate()
    result.isResized = result.configuration != configuration
    return result
  }

  /// The workload with matrix products of another precision.
  package func with(_ precision: Precision) -> Workload {
    var result = self
    result.configuration.precision = precision
    return result
  }

  /// The largest batch: two of them are an epoch.
  package var largestBatch: Int { imageCount / 2 }
  /// Fewer of large images, so that they are made in no time.
  private var imageCount: Int { image.count > 4096 ? 1024 : 8192 }

  /// Images of the workload: whole batches only.
  package func images() -> ImageDataset {
    let count = imageCount / configuration.batchSize * configuration.batchSize
    return ImageDataset(
      verified: "sprites", train: images(.train, count: max(count, configuration.batchSize)),
      test: images(.test, count: 128))
  }

  /// Sprites; for images of another size the nearest pixel of each, every channel a little darker than the one before.
  private func images(_ split: Split, count: Int) -> ImageSet {
    let sprites = Sprites.generate(split, count: count).images
    let side = Sprites.side
    guard image != ImageShape(height: side, width: side) else { return sprites }
    var pixels = [UInt8](repeating: 0, count: count * image.count)
    for index in 0..<count {
      for y in 0..<image.height {
        for x in 0..<image.width {
          let source = sprites.pixels[
            (index * side + y * side / image.height) * side + x * side / image.width]
          for channel in 0..<image.channels {
            let at = ((index * image.height + y) * image.width + x) * image.channels + channel
            pixels[at] = UInt8(Int(source) * (4 - min(channel, 3)) / 4)
          }
        }
      }
    }
    return ImageSet(
      verified: "sprites", split: split, count: count, height: image.height, width: image.width,
      channels: image.channels, pixels: pixels)
  }
}
