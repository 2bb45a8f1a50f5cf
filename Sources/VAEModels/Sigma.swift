import Foundation
import Graph

/// The scale of a location-scale likelihood: the standard deviation of a Gaussian, b of a Laplace, s of a logistic.
public enum Sigma: Sendable, Equatable, Codable, CustomStringConvertible {
  /// One learned value for all pixels.
  case learned
  /// One learned value for each pixel.
  case perPixel
  /// By the decoder, for each pixel of each image: its second head.
  case predicted
  /// Of a Gaussian: the root of the batch's mean squared error, which maximises its likelihood (Rybkin et al. 2021, eq. 8).
  case optimal
  case fixed(Double)

  /// Those without a number, by the name that `--sigma` takes.
  public static let named: [(name: String, sigma: Sigma)] = [
    ("learned", .learned), ("per-pixel", .perPixel), ("predicted", .predicted),
    ("optimal", .optimal),
  ]

  public var description: String {
    if case .fixed(let value) = self { return "\(value)" }
    return Self.named.first { $0.sigma == self }?.name ?? ""
  }

  var distributionScale: PixelDistribution.Scale {
    switch self {
    case .perPixel: .perPixel
    case .predicted: .predicted
    case .learned, .optimal, .fixed: .shared
    }
  }

  /// - Parameters:
  ///   - name: of the parameter, behind `likelihood.`.
  ///   - value: ln scale at the start.
  func likelihoodScale(_ name: String, from value: Double) -> LikelihoodScale? {
    switch self {
    case .predicted: nil
    case .learned, .perPixel: LikelihoodScale(name: name, source: .learned(from: value))
    case .optimal: LikelihoodScale(name: name, source: .optimal)
    case .fixed(let sigma): LikelihoodScale(name: name, source: .fixed(log(sigma)))
    }
  }
}
