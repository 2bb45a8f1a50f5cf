import Graph

/// What channels are normalised by, behind a convolution.
public enum NormKind: String, Sendable, CaseIterable {
  case none
  /// Mean and variance of a channel over the batch; running ones in evaluation (Ioffe & Szegedy 2015).
  case batch
  /// Mean and variance of groups of channels of an image (Wu & He 2018): up to 8 groups of one size.
  case group
}

/// y = gamma (x - mean) / sqrt(variance + 1e-5) + beta on [rows, channels], as PyTorch's nn.BatchNorm2d and nn.GroupNorm: `name.weight`,
/// `name.bias`, and of a batch `name.running_mean` and `name.running_var`. beta is left to the activation behind.
package struct Norm: Sendable, Equatable {
  package let name: String
  package let kind: NormKind
  package let channels: Int
  /// Places of the map of an image, height x width: the rows of x for each image.
  package let places: Int

  package var beta: String { "\(name).bias" }

  /// The reason why the norm makes all images the same; nil where it does not. A group of one value
  /// is 0 when it is normalised, whatever the value.
  package var problem: String? {
    guard kind == .group, places * (channels / Self.groups(channels)) == 1 else { return nil }
    return "\(name) has a map of 1 x 1 with \(channels) channels, each a group of one value, and "
      + "would make all images the same; give that layer more than 8 channels, fewer layers, or norm "
      + "'none'"
  }

  package func declare(in layout: inout ParameterLayout) {
    layout.add(self)
    layout.add("\(name).weight", [channels], .constant(1))
    layout.add("\(name).bias", [channels], .constant(0))
    guard kind == .batch else { return }
    layout.add("\(name).running_mean", [channels], .constant(0))
    layout.add("\(name).running_var", [channels], .constant(1))
  }

  package func callAsFunction(_ x: Tensor, _ scope: ParameterScope) -> Tensor {
    let (graph, gamma) = (scope.graph, scope["\(name).weight"])
    guard kind == .batch else {
      return graph.groupNormalise(
        x, gamma: gamma, groups: Self.groups(channels), rowsPerImage: places)
    }
    let (mean, variance) = (scope["\(name).running_mean"], scope["\(name).running_var"])
    return scope.isTraining
      ? graph.batchNormalise(x, gamma: gamma, runningMean: mean, runningVariance: variance)
      : graph.batchNormalise(x, gamma: gamma, mean: mean, variance: variance)
  }

  /// The most that divide the channels, up to 8.
  private static func groups(_ channels: Int) -> Int {
    (1...8).last { channels.isMultiple(of: $0) } ?? 1
  }
}
