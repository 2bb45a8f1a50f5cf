import Compute
import Datasets
import Training

/// A training problem with a name, for comparisons between devices and versions.
package struct Workload: Sendable {
  package let name: String
  /// The model in words.
  package let summary: String
  package private(set) var configuration: RunConfiguration
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
  ]

  package static var names: [String] { all.map(\.name) }

  private init(
    _ name: String, _ summary: String, hidden: [Int], latent: Int, batch: Int,
    likelihood: String = "bernoulli"
  ) {
    self.name = name
    self.summary = summary
    var configuration = RunConfiguration()
    configuration.data = "sprites"
    configuration.hidden = hidden
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
  package static let largestBatch = imageCount / 2
  private static let imageCount = 8192

  /// Images of workloads with this batch size: whole batches only.
  package static func images(batch: Int?) -> ImageDataset {
    let count = batch.map { imageCount / $0 * $0 } ?? imageCount
    return ImageDataset(
      name: "sprites", train: Sprites.generate(.train, count: count).images,
      test: Sprites.generate(.test, count: 128).images)
  }
}
