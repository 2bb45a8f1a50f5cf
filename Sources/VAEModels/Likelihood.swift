import Graph
import NeuralNetwork

/// p(x|z) given the features of the decoder: the last layer, the log-density and the mean. One file per likelihood.
package protocol Likelihood: Sendable {
  /// Declares `likelihood.…` parameters for features of the given width.
  func declare(in layout: inout ParameterLayout, features: Int, pixels: Int)
  /// ln p(x|z) in nats, summed over pixels: [rows].
  func logLikelihood(features: Tensor, x: Tensor, _ scope: ParameterScope) -> Tensor
  /// E[x|z] per pixel: [rows, pixels].
  func mean(features: Tensor, _ scope: ParameterScope) -> Tensor
  /// Whether data in [0, 1] is binary under this likelihood: then grey pixels make a loss, not a likelihood.
  var isBinary: Bool { get }
}

/// The likelihoods by the name that `--likelihood` takes.
public enum LikelihoodRegistry {
  package static let all: [(name: String, make: @Sendable (ModelConfiguration) -> any Likelihood)] =
    [
      ("bernoulli", { BernoulliLikelihood($0) }),
      ("gaussian", { GaussianLikelihood($0) }),
    ]

  public static var names: [String] { all.map(\.name) }

  package static func make(_ configuration: ModelConfiguration) -> any Likelihood {
    guard let entry = all.first(where: { $0.name == configuration.likelihood }) else {
      preconditionFailure("no likelihood \(configuration.likelihood)")
    }
    return entry.make(configuration)
  }
}
