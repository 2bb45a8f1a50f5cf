import Datasets
import Foundation

/// Where the bias of the decoder's output begins.
public enum OutputBias: String, Sendable, CaseIterable {
  /// As the other biases.
  case drawn
  /// Where the mean of the training images is E[x|z] of a decoder whose last layer gets zeros: nothing but differences between
  /// images is left to learn (as in the program of Burda et al. 2016).
  case data
}

extension VAE {
  /// Sets `likelihood.bias`, one for each pixel or, of convolutions, for each channel, by the mean of images.
  func setOutputBias(_ images: ImageSet) throws {
    guard let index = layout.parameters.firstIndex(where: { $0.name == "likelihood.bias" }) else {
      preconditionFailure("no bias of the output")
    }
    var weights = try weights()
    // The first number of each pixel's distribution; those behind it stay as they were.
    let count = weights[index].count / model.likelihood.distribution.heads
    var sums = [Int](repeating: 0, count: count)
    for (position, level) in images.pixels.enumerated() { sums[position % count] += Int(level) }
    let pixels = Double(images.pixels.count / count)
    for (position, sum) in sums.enumerated() {
      guard let bias = model.likelihood.outputBias(mean: Double(sum) / pixels / 255) else {
        preconditionFailure("\(configuration.likelihood) has no output for a mean")
      }
      weights[index][position] = Float(bias)
    }
    try setWeights(weights)
  }
}
