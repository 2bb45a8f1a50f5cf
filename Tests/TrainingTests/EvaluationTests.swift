import Foundation
import TestSupport
import Testing
import Training
import VAEGPU

/// What an evaluation says, whatever the batches it is made of.
@MainActor struct EvaluationTests {
  @Test("The split into passes does not change a bit", arguments: TestDevice.backends)
  func batchSplit(device: TestDevice) throws {
    let vae = try Self.vae(device.open())
    let images = try DeviceImages(
      TestImages.set(.test, count: 27, side: 6), backend: vae.device.backend)
    let evaluations = try [500, 27, 26, 8, 5, 1].map { rows in
      let evaluator = try Evaluator(
        vae, images: images, binarization: .dynamic, rowsPerPass: rows)
      return try #require(try evaluator.evaluate(samples: 3, seed: 5))
    }
    for evaluation in evaluations {
      #expect(evaluation.images == 27)
      #expect(evaluation.elbo == evaluations[0].elbo)
      #expect(evaluation.logLikelihood == evaluations[0].logLikelihood)
      #expect(evaluation.kl == evaluations[0].kl)
      #expect(evaluation.klPerLatent == evaluations[0].klPerLatent)
      #expect(evaluation.standardError == evaluations[0].standardError)
      #expect(evaluation.iwae == evaluations[0].iwae)
      #expect(evaluation.iwaeStandardError == evaluations[0].iwaeStandardError)
    }
  }

  @Test("No image is left out: a sum over 27 images is that over 26 and the last")
  func remainder() throws {
    let vae = try Self.vae(TestDevice.reference)
    func sum(_ count: Int) throws -> Double {
      let images = TestImages.set(.test, count: count, side: 6)
      return try vae.evaluate(images, samples: 1, seed: 5).elbo * Double(count)
    }
    let sums = try (1...27).map(sum)
    for (before, after) in zip(sums, sums.dropFirst()) { #expect(after < before - 1) }
  }

  @Test(
    "The ELBO is log-likelihood - KL, and with one draw the KL is the sum over latents",
    arguments: TestDevice.backends, [Binarization.dynamic, .static, .none])
  func parts(device: TestDevice, binarization: Binarization) throws {
    let vae = try Self.vae(device.open())
    for samples in [1, 4] {
      let found = try vae.evaluate(
        TestImages.set(.test, count: 27, side: 6), binarization: binarization, samples: samples)
      #expect(relativeError(found.elbo, found.logLikelihood - found.kl) < 1e-12)
      #expect(found.klPerLatent.count == 5 && found.klPerLatent.allSatisfy { $0 >= 0 })
      #expect(relativeError(found.klPerLatent.reduce(0, +), found.kl) < 1e-5)
      #expect(found.activeLatents == found.klPerLatent.count { $0 > 0.01 })
      #expect(found.samples == samples && found.imagesPerSecond > 0)
    }
  }

  @Test(
    "More draws shrink the standard error by their root, and it covers what a second seed gives")
  func standardError() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open())
    let images = TestImages.set(.test, count: 100, side: 6)
    let few = try vae.evaluate(images, binarization: .static, samples: 10, seed: 1)
    let many = try vae.evaluate(images, binarization: .static, samples: 1000, seed: 2)
    let ratio = few.standardError / many.standardError
    #expect(ratio > 7 && ratio < 14, "10 by theory: \(ratio)")
    #expect(abs(few.elbo - many.elbo) < 5 * few.standardError)
    #expect(few.standardError > 0)
  }

  @Test(
    "The IWAE bound is the ELBO with one draw, rises with the draws, and stays below what many give",
    arguments: TestDevice.backends)
  func importanceBound(device: TestDevice) throws {
    let vae = try Self.vae(device.open())
    let images = TestImages.set(.test, count: 100, side: 6)
    let bounds = try [1, 5, 50, 1000].map {
      try vae.evaluate(images, binarization: .static, samples: $0, seed: 1)
    }
    let many = try vae.evaluate(images, binarization: .static, samples: 1000, seed: 3)
    #expect(abs(bounds[0].iwae - many.elbo) < 5 * bounds[0].iwaeStandardError)
    for (few, more) in zip(bounds, bounds.dropFirst()) {
      let error = few.iwaeStandardError + more.iwaeStandardError
      #expect(few.iwae < more.iwae + 5 * error)
      #expect(more.iwae > more.elbo)
    }
    let error = many.iwaeStandardError + bounds[3].iwaeStandardError
    #expect(abs(bounds[3].iwae - many.iwae) < 5 * error)
    #expect(many.iwae > many.elbo)
  }

  @Test(
    "The standard error of the IWAE bound is what seeds differ by, also where a few draws weigh most"
  )
  func boundError() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open(), gain: 8)
    let images = TestImages.set(.test, count: 40, side: 6)
    for samples in [2, 10, 100] {
      let found = try (UInt64(0)..<40).map {
        try vae.evaluate(images, binarization: Binarization.none, samples: samples, seed: $0)
      }
      let mean = found.reduce(0) { $0 + $1.iwae } / 40
      let spread = (found.reduce(0) { $0 + ($1.iwae - mean) * ($1.iwae - mean) } / 39).squareRoot()
      let error = (found.reduce(0) { $0 + $1.iwaeStandardError * $1.iwaeStandardError } / 40)
        .squareRoot()
      print("IWAE-\(samples): standard error \(error), seeds differ by \(spread)")
      #expect(error > 0.6 * spread && error < 1.6 * spread)
    }
  }

  @Test(
    "The jackknife is that of leaving out one draw after the other", arguments: [2, 3, 10, 100])
  func jackknife(count: Int) {
    var generator = SeededGenerator("jackknife")
    for scale in [0.01, 1, 5, 30] {
      let logs = (0..<count).map { _ in scale * generator.real(-1, 1) }
      let top = logs.max() ?? 0
      let weights = logs.map { exp($0 - top) }
      let others = weights.sorted().dropLast()
      let without = weights.indices.map { k in
        log(weights.indices.reduce(0) { $1 == k ? $0 : $0 + weights[$1] })
      }
      let mean = without.reduce(0, +) / Double(count)
      let exact =
        without.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * Double(count - 1) / Double(count)
      let found = EvaluationSums.jackknife(
        others: others.reduce(0, +), squared: others.reduce(0) { $0 + $1 * $1 },
        count: Double(count))
      #expect(found > 0.7 * exact && found < 1.01 * exact, "\(scale): \(found), \(exact)")
    }
  }

  @Test("Active units are the latents whose posterior mean varies over images")
  func activeUnits() throws {
    let vae = try Self.vae(TestDevice.reference)
    let images = TestImages.set(.test, count: 27, side: 6)
    let found = try vae.evaluate(images, binarization: Binarization.none, samples: 2)
    let posteriors = try vae.encode((0..<27).flatMap { try images.image($0) }).map(Double.init)
    for latent in 0..<5 {
      let means = (0..<27).map { posteriors[$0 * 10 + latent] }
      let mean = means.reduce(0, +) / 27
      let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 26
      #expect(relativeError(found.meanVariances[latent], variance) < 1e-5)
    }
    #expect(found.activeUnits == found.meanVariances.count { $0 > 0.01 })
  }

  @Test("Bits per dimension are those of levels and binary pixels, and of nothing else")
  func bitsPerDimension() throws {
    let expected: [(String, Binarization?, Bool)] = [
      ("bernoulli", nil, true), ("bernoulli", Binarization.none, false), ("gaussian", nil, false),
      ("categorical", nil, true), ("logistic", nil, true), ("logistic-mixture", nil, true),
      ("continuous-bernoulli", nil, false),
    ]
    for (likelihood, binarization, hasBits) in expected {
      let vae = try Self.vae(TestDevice.cpu[0].open(), likelihood: likelihood)
      let found = try vae.evaluate(
        TestImages.set(.test, count: 3, side: 6), binarization: binarization, samples: 2)
      #expect((found.bitsPerDimension != nil) == hasBits, "\(likelihood)")
      if let bits = found.bitsPerDimension {
        #expect(relativeError(bits, -found.iwae / (36 * log(2))) < 1e-12)
      }
    }
  }

  @Test("Static binarisation is one draw for all seeds, and another for the other split")
  func staticDraws() throws {
    let vae = try Self.vae(TestDevice.cpu[1].open())
    // The posterior sees x and no noise: its KL tells the draws apart.
    func kl(_ split: Split, _ binarization: Binarization, seed: UInt64) throws -> [Double] {
      let images = TestImages.set(split, count: 27, side: 6)
      return try vae.evaluate(images, binarization: binarization, samples: 1, seed: seed)
        .klPerLatent
    }
    let test = try kl(.test, .static, seed: 1)
    #expect(try kl(.test, .static, seed: 2) == test)
    #expect(try kl(.train, .static, seed: 1) == kl(.train, .static, seed: 3))
    #expect(try kl(.train, .static, seed: 1) != test)
    #expect(try kl(.test, .dynamic, seed: 1) != kl(.test, .dynamic, seed: 2))
    #expect(try kl(.test, .none, seed: 1) == kl(.test, .none, seed: 2))
  }

  @Test("Training with static binarisation sees one draw at every step and seed")
  func staticTraining() throws {
    for index in 0..<27 {
      var draws: Set<[Double]> = []
      for seed in [UInt64(1), 2] {
        var configuration = RunConfiguration.small
        configuration.binarize = .static
        configuration.seed = seed
        configuration.batchSize = 27
        let trainer = try Trainer(
          configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
        try trainer.lines { _ in
          let row = try #require(try trainer.batch(rows: 27).firstIndex(of: UInt32(index)))
          draws.insert(Array(try trainer.inputs(rows: 27).x[(36 * row)..<(36 * row + 36)]))
        }
      }
      #expect(draws.count == 1, "image \(index)")
    }
  }

  @Test("A figure says what it is: an ELBO, or a loss where grey pixels meet a binary likelihood")
  func labels() throws {
    let expected: [(String, Binarization?, String, String)] = [
      ("bernoulli", nil, "elbo", "dynamic"), ("bernoulli", .static, "elbo", "static"),
      ("bernoulli", Binarization.none, "loss", "soft"), ("gaussian", nil, "elbo", "none"),
      ("gaussian", .static, "elbo", "static"), ("gaussian", .dynamic, "elbo", "dynamic"),
    ]
    for (likelihood, binarization, bound, name) in expected {
      let vae = try Self.vae(TestDevice.cpu[0].open(), likelihood: likelihood)
      let found = try vae.evaluate(
        TestImages.set(.test, count: 3, side: 6), binarization: binarization, samples: 1)
      #expect(found.bound == bound && found.binarization == name)
    }
  }

  @Test("An evaluation can be stopped before any pass and then gives nothing")
  func stopped() throws {
    let vae = try Self.vae(TestDevice.cpu[0].open())
    let images = try DeviceImages(
      TestImages.set(.test, count: 27, side: 6), backend: vae.device.backend)
    let evaluator = try Evaluator(vae, images: images, binarization: .none, rowsPerPass: 10)
    for allowed in 0..<6 {
      var calls = 0
      let evaluation = try evaluator.evaluate(
        samples: 2, seed: 0,
        stop: {
          calls += 1
          return calls > allowed
        })
      #expect(evaluation == nil && calls == allowed + 1)
    }
  }

  /// - Parameter gain: of the decoder's last layer, so that draws of an image differ.
  private static func vae(
    _ device: Device, likelihood: String = "bernoulli", gain: Float = 1
  ) throws -> VAE {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 6, width: 6), hidden: [16, 12], latent: 5, activation: .tanh,
        likelihood: likelihood),
      device: device, seed: 11)
    try vae.setWeights(
      try vae.namedWeights().map { tensor in
        tensor.name == "likelihood.weight" ? tensor.values.map { $0 * gain } : tensor.values
      })
    return vae
  }
}
