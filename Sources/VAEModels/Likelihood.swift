import Compute
import Graph
import NeuralNetwork

/// What the pixels are that a likelihood is a density of.
package enum PixelKind: Sendable, Equatable {
  /// 0 or 1: grey pixels make a loss, not a likelihood.
  case binary
  /// 8-bit pixels in this many levels; the density is a probability.
  case levels(Int)
  /// Real numbers; the density may exceed 1.
  case continuous
}

/// p(x|z) given the heads of the decoder, the numbers that each pixel's distribution takes, and ln scale where it takes one. One
/// file per likelihood.
package protocol Likelihood: Sendable {
  var distribution: PixelDistribution { get }
  var pixelKind: PixelKind { get }
  /// Where ln scale comes from; nil for a distribution without, or with one from the decoder.
  var scale: LikelihoodScale? { get }
  /// The decoder's output for a mean of x in [0, 1]; nil where that is not the first of its numbers alone.
  func outputBias(mean: Double) -> Double?
  /// The settings that it takes beside its name.
  var settings: Set<LikelihoodSetting> { get }
}

/// A setting of some likelihoods, by the name of its flag.
public enum LikelihoodSetting: String, Sendable, CaseIterable {
  case sigma
  case levels
  case components
}

/// ln scale of a location-scale distribution.
package struct LikelihoodScale: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// ln of a fixed scale.
    case fixed(Double)
    /// A parameter that starts at this value: [1], or [pixels] for a distribution with one for each pixel.
    case learned(from: Double)
    /// The scale that maximises the likelihood of the batch; a running mean of it is kept as the parameter.
    case optimal
  }

  package var name: String
  package var source: Source
}

extension Likelihood {
  package var scale: LikelihoodScale? { nil }
  package func outputBias(mean: Double) -> Double? { nil }
  package var settings: Set<LikelihoodSetting> { distribution.scale == .none ? [] : [.sigma] }
  package var isBinary: Bool { pixelKind == .binary }
  /// Whether ln p(x|z) is that of a probability, which has bits per dimension.
  package var isDiscrete: Bool { pixelKind != .continuous }

  /// Declares the scale, `likelihood.…`, where it is a parameter.
  package func declare(in layout: inout ParameterLayout, pixels: Int) {
    let shape = distribution.scale == .perPixel ? [pixels] : [1]
    switch scale?.source {
    case .learned(let value): layout.add(parameterName, shape, .constant(value))
    case .optimal: layout.add(parameterName, shape, .constant(0))
    case .fixed, nil: break
    }
  }

  /// ln p(x|z) in nats, summed over pixels: [rows].
  ///
  /// - Parameters:
  ///   - heads: of the decoder, [rows, numbers pixels].
  ///   - step: the state of a training step, whose batch decides an optimal scale; nil: the scale that was kept.
  package func logLikelihood(
    heads: Tensor, x: Tensor, _ scope: ParameterScope, step: Tensor? = nil
  ) -> Tensor {
    var logScale = logScale(scope)
    if let step, scale?.source == .optimal, let running = logScale {
      logScale = scope.graph.optimalLogScale(mean: heads, x: x, state: step, running: running)
    }
    return scope.graph.logLikelihood(distribution, heads: heads, x: x, scale: logScale)
  }

  /// E[x|z] per pixel: [rows, pixels].
  package func mean(heads: Tensor, _ scope: ParameterScope) -> Tensor {
    scope.graph.mean(of: distribution, heads: heads, scale: logScale(scope))
  }

  /// A draw of every pixel: [rows, pixels].
  package func draw(
    heads: Tensor, _ scope: ParameterScope, step: Tensor, purpose: Philox.Purpose
  ) -> Tensor {
    scope.graph.draw(
      from: distribution, heads: heads, state: step, purpose: purpose, scale: logScale(scope))
  }

  private func logScale(_ scope: ParameterScope) -> Tensor? {
    switch scale?.source {
    case nil: nil
    case .fixed(let value): scope.graph.constant([value], shape: [1])
    case .learned, .optimal: scope[parameterName]
    }
  }

  private var parameterName: String { "likelihood.\(scale?.name ?? "")" }

  /// The name of the parameter that holds ln scale; nil where none does.
  package var scaleParameter: String? {
    switch scale?.source {
    case .learned, .optimal: parameterName
    case .fixed, nil: nil
    }
  }
}
