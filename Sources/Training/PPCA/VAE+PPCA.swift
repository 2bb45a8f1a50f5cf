import Datasets
import Foundation
import LinearAlgebra
import VAEModels

extension PrincipalComponents {
  /// The weights of a linear VAE whose decoder is this model and whose encoder is its exact posterior. W must be rotated.
  func weights() throws -> [String: [Float]] {
    let m = precision.diagonal
    var encoder = Matrix(zeros: 2 * latents, pixels)
    var bias = [Double](repeating: 0, count: 2 * latents)
    for j in 0..<latents {
      for i in 0..<pixels {
        encoder[j, i] = w[i, j] / m[j]
        bias[j] -= encoder[j, i] * mean[i]
      }
      bias[latents + j] = log(variance / m[j])
    }
    return [
      "posterior.weight": encoder.values.map { Float($0) },
      "posterior.bias": bias.map { Float($0) },
      "likelihood.weight": w.values.map { Float($0) }, "likelihood.bias": mean.map { Float($0) },
      "likelihood.log_sigma": [Float(0.5 * log(variance))],
    ]
  }
}

extension VAE {
  /// The linear Gaussian model that the decoder is: without hidden layers, with one sigma for all pixels. nil for others.
  package func principalComponents() throws -> PrincipalComponents? {
    guard ModelRegistry.isDense(configuration.model), configuration.hidden.isEmpty,
      configuration.likelihood == "gaussian"
    else { return nil }
    let weights = Dictionary(
      uniqueKeysWithValues: try namedWeights().map { ($0.name, $0.values.map(Double.init)) })
    let logSigma: Double
    switch configuration.sigma {
    case .fixed(let sigma): logSigma = log(sigma)
    case .learned, .optimal: logSigma = weights["likelihood.log_sigma"]?.first ?? 0
    case .perPixel, .predicted: return nil
    }
    guard let w = weights["likelihood.weight"], let mean = weights["likelihood.bias"] else {
      return nil
    }
    return PrincipalComponents(
      w: Matrix(rows: mean.count, columns: configuration.latent, values: w), mean: mean,
      // As the likelihood has it.
      variance: exp(2 * min(max(logSigma, -15), 10)))
  }

  /// ln p(x) in nats per image, exactly: of a linear Gaussian decoder over grey images, where x = W z + b + sigma eps makes
  /// x ~ N(b, W W' + sigma^2 I) (Tipping & Bishop 1999, eq. 4). nil for other models.
  public func exactLogLikelihood(_ images: ImageSet) throws -> Double? {
    try check(images, "exactLogLikelihood(images)")
    return try principalComponents()?.logLikelihood(images)
  }

  func setPrincipalComponents(_ model: PrincipalComponents) throws {
    let weights = try model.weights()
    try setWeights(
      layout.parameters.map { parameter in
        guard let values = weights[parameter.name] else {
          preconditionFailure("no \(parameter.name) in PPCA")
        }
        return values
      })
  }
}
