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
package struct Norm: Sendable {
  package let name: String
  package let kind: NormKind
  package let channels: Int

  package var beta: String { "\(name).bias" }

  package func declare(in layout: inout ParameterLayout) {
    layout.add("\(name).weight", [channels], .constant(1))
    layout.add("\(name).bias", [channels], .constant(0))
    guard kind == .batch else { return }
    layout.add("\(name).running_mean", [channels], .constant(0))
    layout.add("\(name).running_var", [channels], .constant(1))
  }

  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, rowsPerImage: Int
  ) -> Tensor {
    let (graph, gamma) = (scope.graph, scope["\(name).weight"])
    guard kind == .batch else {
      return graph.groupNormalise(
        x, gamma: gamma, groups: Self.groups(channels), rowsPerImage: rowsPerImage)
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
