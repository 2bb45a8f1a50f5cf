import Foundation
import Testing
import VAEGPU

/// Reconstruction error, mutual information, the aggregate posterior, and the figures of auto-encoders.
@MainActor struct EvaluationDetailTests {
  private static let images = TestImages.set(.test, count: 300, side: 6)

  @Test(
    "Mutual information and marginal KL are those of the formulas in float64",
    arguments: TestDevice.backends)
  func aggregate(device: TestDevice) throws {
    let vae = try Self.vae(device.open(), gain: 6)
    let found = try vae.evaluate(Self.images, binarization: Binarization.none, samples: 1, seed: 4)
    let details = try #require(found.details)
    let posteriors = try vae.encode(Self.images.inputs(0..<300, binarization: .none))
    let draws = vae.latents(of: posteriors, mean: false, seed: 4)
    var ratio = 0.0
    for i in 0..<300 {
      let z = (0..<5).map { Double(draws[5 * i + $0]) }
      let densities = (0..<300).map { n in
        (0..<5).reduce(0.0) { sum, j in
          let logVariance = Double(posteriors[10 * n + 5 + j])
          let distance = z[j] - Double(posteriors[10 * n + j])
          return sum - (distance * distance / exp(logVariance) + logVariance) / 2
        }
      }
      ratio += densities[i] - log(densities.reduce(0) { $0 + exp($1) } / 300)
    }
    #expect(abs(details.mutualInformation - ratio / 300) < 1e-4)
    #expect(abs(details.mutualInformation + details.marginalKL - found.kl) < 1e-9)
    #expect(details.mutualInformation > 0.1 && details.mutualInformation < log(300))
    #expect(details.marginalKLStandardError > 0)
  }

  @Test("One posterior for all images tells nothing of them: the KL is all marginal")
  func constantPosterior() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open(), gain: 0)
    let found = try vae.evaluate(Self.images, samples: 1, seed: 4)
    let details = try #require(found.details)
    #expect(abs(details.mutualInformation) < 1e-5)
    #expect(abs(details.marginalKL - found.kl) < 1e-5)
  }

  @Test(
    "Posteriors that never meet tell the images apart, however narrow they are",
    arguments: TestDevice.backends, [Float(-10), -22, -30])
  func narrowPosteriors(device: TestDevice, logVariance: Float) throws {
    let vae = try Self.vae(device.open(), gain: 100)
    try vae.setWeights(
      try vae.namedWeights().map { tensor in
        switch tensor.name {
        // Means, then log-variances that are the same for all.
        case "posterior.weight":
          tensor.values.enumerated().map { $0 < tensor.values.count / 2 ? $1 : 0 }
        case "posterior.bias":
          [Float](repeating: 3, count: 5) + [Float](repeating: logVariance, count: 5)
        default: tensor.values
        }
      })
    let found = try vae.evaluate(Self.images, binarization: .static, samples: 1, seed: 4)
    let details = try #require(found.details)
    let posteriors = try vae.encode(Self.images.inputs(0..<300, binarization: .static))
    let means = (0..<300).map { Array(posteriors[(10 * $0)..<(10 * $0 + 5)]) }
    // Images that are the same have the same posterior.
    let expected = means.reduce(0) { sum, mean in
      sum + log(300 / Double(means.count { $0 == mean })) / 300
    }
    #expect(expected > 5.6 && abs(details.mutualInformation - expected) < 1e-5)
  }

  @Test("The mutual information of few images is no more than the logarithm of their number")
  func fewImages() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open(), gain: 30)
    for count in [1, 2, 10] {
      for seed in UInt64(0)..<5 {
        let found = try vae.evaluate(Self.images.first(count), samples: 1, seed: seed)
        let information = try #require(found.details).mutualInformation
        #expect(information <= log(Double(count)) && information > -1e-3, "\(information)")
      }
    }
  }

  @Test(
    "The reconstruction error is that of the reconstructions by the mean",
    arguments: TestDevice.backends)
  func reconstruction(device: TestDevice) throws {
    let vae = try Self.vae(device.open(), gain: 3)
    let x = Self.images.inputs(0..<300, binarization: .static)
    let reconstructions = try vae.reconstruct(x, mean: true)
    let error = zip(x, reconstructions).reduce(0.0) {
      $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
    }
    let found = try vae.evaluate(Self.images, binarization: .static, samples: 3)
    let details = try #require(found.details)
    #expect(relativeError(details.meanSquaredError, error / Double(x.count)) < 1e-5)
  }

  @Test(
    "An auto-encoder's figure is ln p(x|z) at the posterior mean, and bounds nothing",
    arguments: TestDevice.backends)
  func autoencoder(device: TestDevice) throws {
    let vae = try Self.vae(device.open(), gain: 3)
    let x = Self.images.inputs(0..<300, binarization: .static)
    let means = try vae.reconstruct(x, mean: true)
    let likelihood = zip(x, means).reduce(0.0) {
      $0 + log(Double($1.0 == 1 ? $1.1 : 1 - $1.1))
    }
    let found = try vae.evaluate(Self.images, binarization: .static, samples: 7, takesMeans: true)
    #expect(found.bound == "reconstruction" && found.samples == 1 && found.kl == 0)
    #expect(relativeError(found.elbo, likelihood / 300) < 1e-5)
    #expect(found.bitsPerDimension == nil && found.details?.marginalKL.isNaN == true)
    #expect(try vae.evaluate(Self.images, binarization: .static, samples: 7).elbo < found.elbo)
    let soft = try vae.evaluate(Self.images, binarization: Binarization.none, takesMeans: true)
    #expect(soft.bound == "loss")
  }

  @Test(
    "Training an auto-encoder makes its reconstructions better, and its lines say what they are")
  func training() throws {
    var configuration = RunConfiguration.small
    configuration.objective.name = "autoencoder"
    configuration.binarize = .static
    configuration.epochs = 30
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: TestDevice.cpu[1].open())
    var lines: [MetricsLine] = []
    try trainer.train { if case .evaluated(let line, _) = $0 { lines.append(line) } }
    #expect(lines.allSatisfy { $0.bound == "reconstruction" && $0.kl == 0 })
    #expect(try #require(lines.last).elbo > lines[0].elbo)
  }

  /// Weights of the posterior times `gain`: what images differ by.
  private static func vae(_ device: Device, gain: Float) throws -> VAE {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 6, width: 6), hidden: [16], latent: 5, activation: .tanh),
      device: device, seed: 11)
    try vae.setWeights(
      try vae.namedWeights().map { tensor in
        tensor.name == "posterior.weight" ? tensor.values.map { $0 * gain } : tensor.values
      })
    return vae
  }
}
