import Compute
import Foundation
import Graph
import TestSupport

extension OpCase {
  /// A whole training objective: two-layer encoder and decoder, each likelihood.
  static let autoencoders = [
    autoencoder("Bernoulli", .bernoulli), autoencoder("Gaussian, learned sigma", .learnedSigma),
    autoencoder("Gaussian, constant sigma", .constantSigma),
  ]

  private enum Observation {
    case bernoulli
    case learnedSigma
    case constantSigma
  }

  private static let (pixels, hidden, latents) = (12, 7, 3)
  private static let constantLogSigma = -0.5

  /// Inputs: x, order, state, scalars, then weight and bias of four layers, then ln sigma.
  private static func autoencoder(_ name: String, _ observation: Observation) -> OpCase {
    OpCase(
      name: "VAE objective, \(name)", sizes: [1, 5, 31, 33, 64, 65, 300],
      inputs: { size in
        let layers = [(pixels, hidden), (hidden, 2 * latents), (latents, hidden), (hidden, pixels)]
        let x =
          observation == .bernoulli
          ? Input(shape: [size, pixels], values: .bits) : .constant([size, pixels], 0, 1)
        return [x, .order(size + 5), .state, .fixed([1e-3, 0.5, 1, 1])]
          + layers.flatMap { [.real([$0.1, $0.0], -0.7, 0.7), .real([$0.1], -0.2, 0.2)] }
          + (observation == .learnedSigma ? [.real([1], -1, 0)] : [])
      },
      record: { graph, inputs, _ in
        func layer(_ x: Tensor, _ index: Int, _ activation: Activation) -> Tensor {
          let product = graph.multiply(x, inputs[4 + 2 * index], transposeB: true)
          return graph.biasActivation(product, inputs[5 + 2 * index], activation)
        }
        let posterior = layer(layer(inputs[0], 0, .tanh), 1, .identity)
        let (z, kl) = graph.reparameterise(
          posterior, order: inputs[1], state: inputs[2], purpose: .trainingNoise)
        let output = layer(layer(z, 2, .gelu), 3, .identity)
        let likelihood =
          switch observation {
          case .bernoulli: graph.bernoulliLogLikelihood(logits: output, x: inputs[0])
          case .learnedSigma:
            graph.gaussianLogLikelihood(mean: output, x: inputs[0], logSigma: inputs[12])
          case .constantSigma:
            graph.gaussianLogLikelihood(
              mean: output, x: inputs[0],
              logSigma: graph.constant([constantLogSigma], shape: [1]))
          }
        return [graph.negativeELBO(logLikelihood: likelihood, kl: kl, scalars: inputs[3])]
      },
      formula: { inputs, size in
        let encoded = Reference.linear(inputs[0], inputs[4], inputs[5]).map { tanh($0) }
        let posterior = Reference.linear(encoded, inputs[6], inputs[7])
        let parts = Reference.reparameterise(
          posterior, latents: latents, samples: batch(inputs[1], rows: size),
          noise: StepState.noise(.trainingNoise))
        let decoded = Reference.linear(parts[0], inputs[8], inputs[9]).map {
          $0 * (1 + erf($0 / 2.0.squareRoot())) / 2
        }
        let output = Reference.linear(decoded, inputs[10], inputs[11])
        let likelihood =
          switch observation {
          case .bernoulli: Reference.bernoulli(logits: output, x: inputs[0], columns: pixels)
          case .learnedSigma:
            Reference.gaussian(
              mean: output, x: inputs[0], logSigma: inputs[12][0], columns: pixels)
          case .constantSigma:
            Reference.gaussian(
              mean: output, x: inputs[0], logSigma: constantLogSigma, columns: pixels)
          }
        return [Reference.negativeELBO(likelihood, parts[1], beta: inputs[3][1])]
      })
  }
}
