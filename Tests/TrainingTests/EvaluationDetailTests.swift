import Foundation
import Testing
import VAEGPU

/// Reconstruction error, mutual information, the aggregate posterior, and the figures of auto-encoders.
@MainActor struct EvaluationDetailTests {
  private static let images = TestImages.set(.test, count: 300, side: 6)

  @Test(
    "Mutual information and marginal KL are those of the formulas in float64, with their error",
    arguments: TestDevice.backends, [Float(0.3), 6])
  func aggregate(device: TestDevice, gain: Float) throws {
    let vae = try Self.vae(device.open(), gain: gain)
    let posteriors = try vae.encode(Self.images.inputs(0..<300, binarization: .none))
    let (expected, error) = Self.information(posteriors, images: 300, draws: 40)
    for (choice, samples) in [(MutualInformationImages.all, 7), (.all, 1), (.count(60), 5)] {
      let found = try vae.evaluate(
        Self.images, binarization: Binarization.none, samples: samples, seed: 4,
        mutualInformation: choice)
      let details = try #require(found.details)
      let deviation = details.mutualInformation - expected
      let tolerance = (pow(details.marginalKLStandardError, 2) + error * error).squareRoot()
      #expect(abs(deviation) < 4.5 * tolerance, "\(choice) \(samples): \(details), \(expected)")
      #expect(abs(details.mutualInformation + details.marginalKL - found.kl) < 1e-9)
      #expect(details.mutualInformationImages == (choice == .all ? 300 : 60))
      #expect(details.mutualInformationDraws == samples)
      #expect(details.marginalKLStandardError > 0)
      #expect(details.marginalKLStandardError < 0.05 * max(expected, 0.1))
    }
    #expect(expected < log(300))
  }

  @Test("The figures of few images and small KLs are no impossible numbers, and follow the draws")
  func smallInformation() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open(), gain: 0.1)
    let few = Self.images.first(5)
    let posteriors = try vae.encode(few.inputs(0..<5, binarization: .none))
    let (expected, error) = Self.information(posteriors, images: 5, draws: 100_000)
    var errors: [Double] = []
    for samples in [1, 10, 1000] {
      let found = try vae.evaluate(few, binarization: Binarization.none, samples: samples, seed: 2)
      let details = try #require(found.details)
      #expect((0...min(found.kl, log(5))).contains(details.mutualInformation))
      #expect(details.marginalKL >= 0 && details.mutualInformationDraws == samples)
      let tolerance = (pow(details.marginalKLStandardError, 2) + error * error).squareRoot()
      #expect(abs(details.mutualInformation - expected) < 5 * tolerance)
      errors.append(details.marginalKLStandardError)
    }
    #expect(errors[1] < errors[0] && errors[2] < errors[1] / 3, "\(errors)")
    #expect(errors[2] < 0.1 * expected)
  }

  @Test("It can be left out")
  func leftOut() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open(), gain: 3)
    let found = try vae.evaluate(Self.images, mutualInformation: .none)
    let details = try #require(found.details)
    #expect(details.mutualInformation.isNaN && details.mutualInformationImages == 0)
    #expect(details.meanSquaredError > 0)
  }

  @Test("The draws are all of a small set and some of a large one")
  func draws() throws {
    func draws(_ choice: MutualInformationImages, _ count: Int, latents: Int = 20)
      -> InformationDraws?
    {
      InformationDraws(choice, of: count, draws: 10, latents: latents, seed: 3)
    }
    #expect(draws(.none, 100) == nil)
    #expect(draws(.automatic, 100)?.images == Array(0..<100))
    #expect(draws(.automatic, 100)?.perImage == 10)
    let some = try #require(draws(.automatic, 10_000, latents: 512))
    #expect((1000..<10_000).contains(some.images.count) && some.perImage == 1)
    #expect(Set(some.images).count == some.images.count && some.images == some.images.sorted())
    #expect(draws(.automatic, 1_000_000, latents: 512)?.images.count == 100)
    #expect(draws(.all, 10_000, latents: 512)?.images.count == 10_000)
    #expect(draws(.count(7), 100)?.images.count == 7)
    #expect(draws(.count(700), 100)?.images.count == 100)
    let other = InformationDraws(.count(7), of: 100, draws: 10, latents: 20, seed: 4)
    #expect(draws(.count(7), 100) != other)
  }

  /// E[ln q(z|x) - ln q(z)] by draws of each posterior, in float64, and its standard error.
  private static func information(
    _ posteriors: [Float], images: Int, draws: Int
  ) -> (mean: Double, error: Double) {
    let rows = (0..<images).map { n in
      (0..<5).map { j in
        (
          mean: Double(posteriors[10 * n + j]),
          deviation: exp(Double(posteriors[10 * n + 5 + j]) / 2)
        )
      }
    }
    let scales = rows.map { row in row.reduce(0) { $0 - log($1.deviation) } }
    var (sum, squares) = (0.0, 0.0)
    for n in 0..<images {
      for draw in 0..<draws {
        let noise = Normals.values(
          Philox(seed: 77, purpose: .evaluationNoise, step: UInt32(draw)), sample: UInt32(n),
          count: 5)
        let z = (0..<5).map { rows[n][$0].mean + rows[n][$0].deviation * Double(noise[$0]) }
        var (own, total) = (0.0, 0.0)
        for m in 0..<images {
          var density = scales[m]
          for j in 0..<5 {
            let distance = (z[j] - rows[m][j].mean) / rows[m][j].deviation
            density -= distance * distance / 2
          }
          total += exp(density)
          if m == n { own = density }
        }
        let term = own - log(total / Double(images))
        (sum, squares) = (sum + term, squares + term * term)
      }
    }
    let count = Double(images * draws)
    return (sum / count, ((squares / count - pow(sum / count, 2)) / count).squareRoot())
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
        #expect((0...log(Double(count))).contains(information), "\(information)")
      }
    }
  }

  @Test(
    "The reconstruction error is that of the reconstructions by the mean",
    arguments: TestDevice.backends)
  func reconstruction(device: TestDevice) throws {
    let vae = try Self.vae(device.open(), gain: 3)
    let x = try Self.images.inputs(0..<300, binarization: .static)
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
    let x = try Self.images.inputs(0..<300, binarization: .static)
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
