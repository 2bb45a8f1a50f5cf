import Datasets
import NeuralNetwork
import VAEModels

/// The batches that an epoch is cut into: `size` images each and the last with the rest. A rest of
/// fewer than `smallest` images joins the batch before it, so every image is used once an epoch.
///
/// Steps, schedules, resumed positions, the progress bar and the shapes that are tuned all follow
/// this layout.
public struct Batches: Sendable, Equatable {
  /// Images of an epoch.
  public let images: Int
  /// Images of a batch.
  public let size: Int
  /// Images that a batch must have; 1 but for some batch norms.
  public let smallest: Int

  package init(images: Int, size: Int, smallest: Int = 1) {
    self.images = images
    self.size = size
    self.smallest = smallest
  }

  /// Images of the batch that begins at a position of the epoch.
  package func rows(at position: Int) -> Int {
    let left = images - position
    let isLast = left <= size || left - size < smallest
    return isLast ? left : size
  }

  /// Steps of an epoch.
  public var count: Int {
    let (whole, rest) = images.quotientAndRemainder(dividingBy: size)
    // A rest that is too small counts with the batch before it, where there is one.
    return rest == 0 || (rest < smallest && whole > 0) ? whole : whole + 1
  }

  /// The distinct numbers of images in a batch, the usual one first.
  package var sizes: [Int] {
    let (first, last) = (rows(at: 0), rows(at: (count - 1) * size))
    return first == last ? [first] : [first, last]
  }

  /// Images used after a number of steps.
  package func images(after steps: Int) -> Int {
    let (epochs, within) = steps.quotientAndRemainder(dividingBy: max(count, 1))
    return epochs * images + min(within * size, images)
  }
}

extension RunConfiguration {
  /// The batches of an epoch of training images.
  ///
  /// Throws `ConfigurationError` for images that the model cannot take, and for batches of fewer
  /// images than its batch norms need.
  public func batches(of images: ImageSet) throws(ConfigurationError) -> Batches {
    let model = modelConfiguration(
      image: ImageShape(height: images.height, width: images.width, channels: images.channels))
    try Self.check(model)
    return try batches(of: images.count, norms: ModelRegistry.make(model).layout.norms)
  }

  func batches(of images: Int, norms: [Norm]) throws(ConfigurationError) -> Batches {
    // The variance of one value is 0, whatever the value.
    guard let norm = norms.first(where: { $0.kind == .batch && $0.places == 1 }) else {
      return Batches(images: images, size: batchSize)
    }
    let need =
      "batch norm needs at least 2 values of a channel, and the map of \(norm.name) is 1 x 1, one "
      + "value for each image"
    guard batchSize > 1 else {
      throw ConfigurationError(
        key: "batch-size", problem: "\(batchSize): \(need); give 2 or more, or norm 'none'")
    }
    guard images > 1 else {
      throw ConfigurationError(
        key: "norm", problem: "\(need): one training image is too few; give norm 'none'")
    }
    return Batches(images: images, size: batchSize, smallest: 2)
  }
}
