import Graph
import NeuralNetwork

/// A model family: its parameters and the three pieces every use is made of. One file per family.
package protocol Model: Sendable {
  var configuration: ModelConfiguration { get }
  var likelihood: any Likelihood { get }
  func declare(in layout: inout ParameterLayout)
  /// x [rows, pixels] -> [rows, 2M]: means, then log-variances of q(z|x).
  func posterior(_ x: Tensor, _ scope: ParameterScope) -> Tensor
  /// z [rows, M] -> the heads that the likelihood takes: [rows, numbers pixels], the first number of every pixel in front.
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
    /// Whether its layers are dense: from all values of an image, to all.
    var isDense = true
    /// Settings in place of the defaults.
    var hidden: [Int]?
    var likelihood: String?
    /// Why images of a size do not fit the settings; nil where they do.
    var problem: @Sendable (ModelConfiguration) -> String? = { _ in nil }
    let make: @Sendable (ModelConfiguration) -> any Model
  }

  package static let all: [Entry] = [
    Entry(name: "vae") { DenseVAE($0) },
    Entry(name: "conv", isDense: false, hidden: [], problem: ConvolutionalVAE.problem) {
      ConvolutionalVAE($0)
    },
    Entry(name: "ppca", isLinear: true, hidden: [], likelihood: "gaussian") { PPCA($0) },
  ]

  public static var names: [String] { all.map(\.name) }

  /// Whether a model is linear and Gaussian whatever the settings.
  public static func isLinear(_ name: String) -> Bool {
    all.first { $0.name == name }?.isLinear ?? false
  }

  /// Whether a model has dense layers only.
  public static func isDense(_ name: String) -> Bool {
    all.first { $0.name == name }?.isDense ?? false
  }

  /// What a model sets in place of the defaults.
  public static func implied(_ name: String) -> (hidden: [Int]?, likelihood: String?) {
    let entry = all.first { $0.name == name }
    return (entry?.hidden, entry?.likelihood)
  }

  /// Why a model cannot be made; nil where it can.
  package static func problem(of configuration: ModelConfiguration) -> String? {
    all.first { $0.name == configuration.model }?.problem(configuration)
  }

  package static func make(_ configuration: ModelConfiguration) -> any Model {
    guard let entry = all.first(where: { $0.name == configuration.model }) else {
      preconditionFailure("no model \(configuration.model)")
    }
    return entry.make(configuration)
  }
}
