import Graph
import NeuralNetwork

/// A model family: its parameters and the three pieces every use is made of. One file per family.
package protocol Model: Sendable {
  var configuration: ModelConfiguration { get }
  var likelihood: any Likelihood { get }
  func declare(in layout: inout ParameterLayout)
  /// x [rows, pixels] -> [rows, 2M]: means, then log-variances of q(z|x).
  func posterior(_ x: Tensor, _ scope: ParameterScope) -> Tensor
  /// z [rows, M] -> the features that the likelihood takes.
  func decode(_ z: Tensor, _ scope: ParameterScope) -> Tensor
}

extension Model {
  package var layout: ParameterLayout {
    var layout = ParameterLayout()
    declare(in: &layout)
    return layout
  }

  /// A posterior with its log-variances within the bounds that were asked for.
  func bounded(_ posterior: Tensor) -> Tensor {
    guard let bounds = configuration.logVarianceBounds else { return posterior }
    return posterior.graph.boundLogVariance(
      posterior, low: bounds.lowerBound, high: bounds.upperBound)
  }
}

/// The model families by name.
public enum ModelRegistry {
  package struct Entry: Sendable {
    let name: String
    /// Whether it is a linear Gaussian model, without hidden layers.
    var isLinear = false
    let make: @Sendable (ModelConfiguration) -> any Model
  }

  package static let all: [Entry] = [
    Entry(name: "vae") { DenseVAE($0) },
    Entry(name: "ppca", isLinear: true) { PPCA($0) },
  ]

  public static var names: [String] { all.map(\.name) }

  /// Whether a model is linear and Gaussian whatever the settings.
  public static func isLinear(_ name: String) -> Bool {
    all.first { $0.name == name }?.isLinear ?? false
  }

  package static func make(_ configuration: ModelConfiguration) -> any Model {
    guard let entry = all.first(where: { $0.name == configuration.model }) else {
      preconditionFailure("no model \(configuration.model)")
    }
    return entry.make(configuration)
  }
}
