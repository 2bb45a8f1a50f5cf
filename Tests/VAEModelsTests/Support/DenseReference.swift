import Foundation
import Graph
import VAEModels

/// The dense VAE as nested loops in float64, written from the formulas and apart from the engine.
struct DenseReference {
  let configuration: ModelConfiguration
  /// By published name.
  let weights: [String: [Double]]

  typealias Rows = [[Double]]

  func posterior(_ x: Rows) -> Rows {
    linear("posterior", hidden("encoder", x))
  }

  func features(_ z: Rows) -> Rows { hidden("decoder", z) }

  /// Logits or means.
  func output(_ z: Rows) -> Rows { linear("likelihood", features(z)) }

  func mean(_ z: Rows) -> Rows {
    let output = output(z)
    guard configuration.likelihood == "bernoulli" else { return output }
    return output.map { $0.map { 1 / (1 + exp(-$0)) } }
  }

  /// mean + sigma eps.
  func sample(_ posterior: Rows, _ noise: Rows) -> Rows {
    let m = configuration.latent
    return zip(posterior, noise).map { row, noise in
      (0..<m).map { row[$0] + exp(row[m + $0] / 2) * noise[$0] }
    }
  }

  /// 1/2 sum (s2 + mu^2 - 1 - ln s2).
  func kl(_ posterior: Rows) -> [Double] {
    let m = configuration.latent
    return posterior.map { row in
      (0..<m).reduce(0) { $0 + 0.5 * (exp(row[m + $1]) + row[$1] * row[$1] - 1 - row[m + $1]) }
    }
  }

  func logLikelihood(_ z: Rows, _ x: Rows) -> [Double] {
    zip(output(z), x).map { output, x in
      zip(output, x).reduce(0) { sum, pair in
        let (a, x) = pair
        if configuration.likelihood == "bernoulli" {
          let p = 1 / (1 + exp(-a))
          return sum + x * log(p) + (1 - x) * log(1 - p)
        }
        let sigma = exp(logSigma)
        return sum - 0.5 * log(2 * .pi * sigma * sigma) - (x - a) * (x - a) / (2 * sigma * sigma)
      }
    }
  }

  private var logSigma: Double {
    switch configuration.sigma {
    case .learned: weights["likelihood.log_sigma"]?[0] ?? .nan
    case .fixed(let value): log(value)
    case .perPixel, .predicted, .optimal: .nan
    }
  }

  private func hidden(_ stack: String, _ x: Rows) -> Rows {
    configuration.hidden.indices.reduce(x) { x, layer in
      linear("\(stack).\(layer)", x).map { $0.map(activation) }
    }
  }

  private func linear(_ name: String, _ x: Rows) -> Rows {
    let weight = weights["\(name).weight"] ?? []
    let bias = weights["\(name).bias"] ?? []
    return x.map { row in
      bias.indices.map { o in
        row.indices.reduce(bias[o]) { $0 + row[$1] * weight[o * row.count + $1] }
      }
    }
  }

  private func activation(_ x: Double) -> Double {
    switch configuration.activation {
    case .identity: x
    case .relu: max(x, 0)
    case .leakyReLU: x < 0 ? 0.01 * x : x
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .softplus: log(1 + exp(x))
    case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
    }
  }
}
