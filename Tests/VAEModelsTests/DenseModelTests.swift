import Compute
import Foundation
import Graph
import NeuralNetwork
import TestSupport
import Testing
import VAEModels

/// The graphs of the dense VAE in float64 against nested loops.
struct DenseModelTests {
  static let hidden = [[], [16], [16, 12]]

  @Test("Posterior and decoder are the layers one by one", arguments: Activation.allCases, hidden)
  func layers(activation: Activation, hidden: [Int]) throws {
    let bench = ModelBench(Self.configuration(hidden, activation), seed: 3)
    let x = Self.rows(6, 30, stream: 1)
    let z = Self.rows(6, 5, stream: 2)
    let found = try bench.run(x: x, z: z) {
      [
        bench.model.posterior($0.x, $0.scope), bench.model.decode($0.z, $0.scope),
        bench.model.likelihood.mean(
          heads: bench.model.decode($0.z, $0.scope), $0.scope),
      ]
    }
    let reference = bench.reference
    #expect(relativeError(found[0], reference.posterior(x).flatMap { $0 }) < 1e-14)
    #expect(relativeError(found[2], reference.mean(z).flatMap { $0 }) < 1e-14)
    #expect(relativeError(found[1], reference.output(z).flatMap { $0 }) < 1e-14)
  }

  @Test(
    "The loss of a batch is beta KL - log-likelihood, in nats per image",
    arguments: [
      ("bernoulli", Sigma.learned), ("gaussian", .learned), ("gaussian", .fixed(0.3)),
    ], hidden)
  func loss(likelihood: (String, Sigma), hidden: [Int]) throws {
    let configuration = Self.configuration(
      hidden, .tanh, likelihood: likelihood.0, sigma: likelihood.1)
    let bench = ModelBench(configuration, seed: 3)
    let x = Self.rows(6, 30, stream: 1)
    let seed: UInt64 = 0x7_0000_0005
    let order: [UInt32] = [9, 4, 11, 3, 0, 70_000, 2, 1]
    // Rows 2 to 7 of the order, step 9.
    let found = try bench.run(x: x, order: order, state: [5, 7, 9, 2]) { inputs in
      let (graph, model) = (inputs.graph, bench.model)
      let (z, kl) = graph.reparameterise(
        model.posterior(inputs.x, inputs.scope), order: inputs.order, state: inputs.state,
        purpose: .trainingNoise)
      let logLikelihood = model.likelihood.logLikelihood(
        heads: model.decode(z, inputs.scope), x: inputs.x, inputs.scope)
      let beta = graph.constant([0, 2.5, 0, 0, 0, 0, 0, 0], shape: [8])
      let loss = graph.negativeELBO(logLikelihood: logLikelihood, kl: kl, scalars: beta)
      return [z, kl, logLikelihood, loss]
    }
    let reference = bench.reference
    let posterior = reference.posterior(x)
    let noise = order[2...].map {
      ReferencePhilox.normals(seed: seed, purpose: 3, step: 9, sample: $0, count: 5)
    }
    let z = reference.sample(posterior, noise)
    let (kl, logLikelihood) = (reference.kl(posterior), reference.logLikelihood(z, x))
    let means = [logLikelihood, kl].map { $0.reduce(0, +) / 6 }
    #expect(relativeError(found[0], z.flatMap { $0 }) < 1e-13)
    #expect(relativeError(found[1], kl) < 1e-13)
    #expect(relativeError(found[2], logLikelihood) < 1e-13)
    #expect(relativeError(found[3], [2.5 * means[1] - means[0]] + means) < 1e-13)
  }

  private static func configuration(
    _ hidden: [Int], _ activation: Activation, likelihood: String = "bernoulli",
    sigma: Sigma = .learned
  ) -> ModelConfiguration {
    ModelConfiguration(
      image: ImageShape(height: 5, width: 6), hidden: hidden, latent: 5, activation: activation,
      likelihood: likelihood, sigma: sigma)
  }

  private static func rows(_ count: Int, _ columns: Int, stream: UInt32) -> [[Double]] {
    (0..<UInt32(count)).map {
      ReferencePhilox.words(seed: 77, purpose: 2000 + stream, sample: $0, count: columns)
        .map { Double($0 >> 8) * 0x1p-24 }
    }
  }
}
