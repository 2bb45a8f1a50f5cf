import Foundation
import LinearAlgebra
import Testing
import VAEGPU

/// PPCA: three fits of one maximum, and the model among the others.
@MainActor struct PPCATests {
  private static let images = TestImages.set(.train, count: 400, side: 6)
  private static let statistics = PixelStatistics(images)

  @Test("Mean and covariance are those of the pixels")
  func statistics() throws {
    let rows = try (0..<400).map { try Self.images.image($0).map(Double.init) }
    let mean = (0..<36).map { j in rows.reduce(0) { $0 + $1[j] } / 400 }
    for j in [0, 17, 35] {
      #expect(abs(Self.statistics.mean[j] - mean[j]) < 1e-7)
      for k in [0, 5, 35] {
        let expected = rows.reduce(0) { $0 + ($1[j] - mean[j]) * ($1[k] - mean[k]) } / 400
        #expect(abs(Self.statistics.covariance[j, k] - expected) < 1e-7)
      }
    }
  }

  @Test("The closed form has the likelihood of the eigenvalues", arguments: [1, 2, 10, 35])
  func closedForm(latents: Int) throws {
    let model = try PPCAFitting.closedForm(Self.statistics, latents: latents)
    let values = try Self.statistics.covariance.symmetricEigen().values
    let variance = values.dropFirst(latents).reduce(0, +) / Double(36 - latents)
    #expect(relativeError(model.variance, variance) < 1e-12)
    // -1/2 (D ln 2 pi + sum ln l_i + (D - M) ln sigma^2 + D), KL = 1/2 sum ln(l_i / sigma^2).
    let top = values.prefix(latents)
    let likelihood =
      -0.5
      * (36 * log(2 * .pi) + top.reduce(0) { $0 + log($1) } + Double(36 - latents) * log(variance)
        + 36)
    #expect(abs(try model.logLikelihood(Self.statistics) - likelihood) < 1e-9)
    let kl = 0.5 * top.reduce(0) { $0 + log($1 / variance) }
    #expect(abs(try model.divergence(Self.statistics) - kl) < 1e-9)
  }

  @Test("EM and gradient end at the closed form", arguments: [1, 3, 8])
  func fits(latents: Int) throws {
    let exact = try PPCAFitting.closedForm(Self.statistics, latents: latents)
    let likelihood = try exact.logLikelihood(Self.statistics)
    var rising: [Double] = []
    let em = try PPCAFitting.expectationMaximisation(
      Self.statistics, latents: latents, seed: 3, tolerance: 1e-9
    ) {
      rising.append($0.logLikelihood)
      return true
    }
    #expect(zip(rising, rising.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
    #expect(abs(try em.logLikelihood(Self.statistics) - likelihood) < 1e-6)
    #expect(try em.angle(to: exact) < 0.1)
    #expect(relativeError(em.w.values.map(abs), exact.w.values.map(abs)) < 1e-2)
    let gradient = try PPCAFitting.gradient(Self.statistics, latents: latents, seed: 3) { _ in
      true
    }
    let found = try gradient.logLikelihood(Self.statistics)
    #expect(found <= likelihood + 1e-9 && likelihood - found < 1e-2)
    #expect(try gradient.angle(to: exact) < 1)
  }

  @Test("EM with missing pixels is that of complete images where none are missing")
  func nothingMissing() throws {
    let exact = try PPCAFitting.closedForm(Self.statistics, latents: 3)
    let found = try PPCAFitting.expectationMaximisation(
      MissingPixels(Self.images, part: 0, seed: 1), latents: 3, tolerance: 1e-7, threads: 2
    ) { _ in true }
    let likelihood = try exact.logLikelihood(Self.statistics)
    #expect(abs(try found.logLikelihood(Self.statistics) - likelihood) < 1e-4)
    #expect(relativeError(found.mean, exact.mean) < 1e-3)
  }

  @Test("With missing pixels EM raises the likelihood of those seen, and finds the model of data")
  func missing() throws {
    // Data of a known model: two latents, noise 0.05.
    let philox = Philox(seed: 8, purpose: .priorSample)
    func normals(_ sample: UInt32, _ count: Int) -> [Double] {
      Normals.values(philox, sample: sample, count: count).map(Double.init)
    }
    let w = Matrix(rows: 20, columns: 2, values: normals(9999, 40))
    var values: [Double] = []
    for n in 0..<600 {
      let noise = normals(UInt32(n), 22)
      for i in 0..<20 {
        values.append(w[i, 0] * noise[0] + w[i, 1] * noise[1] + 0.05 * noise[2 + i] + Double(i))
      }
    }
    let seen = (0..<600).flatMap { n in
      Philox(seed: 1, purpose: .corruption).uniforms(count: 20, sample: UInt32(n)).map { $0 >= 0.4 }
    }
    var rising: [Double] = []
    let model = try PPCAFitting.expectationMaximisation(
      MissingPixels(images: 600, pixels: 20, values: values, isSeen: seen), latents: 2,
      tolerance: 1e-5
    ) {
      rising.append($0.logLikelihood)
      return true
    }
    #expect(zip(rising, rising.dropFirst()).allSatisfy { $1 >= $0 - 1e-7 })
    let truth = PrincipalComponents(w: w, mean: (0..<20).map(Double.init), variance: 0.0025)
    #expect(try model.angle(to: truth) < 1)
    #expect(abs(model.variance / 0.0025 - 1) < 0.1)
    #expect(relativeError(model.mean, truth.mean) < 0.02)
  }

  @Test("EM ends where a millionth of a nat is left to gain, with missing pixels or without")
  func end() throws {
    let exact = try PPCAFitting.closedForm(Self.statistics, latents: 2)
    let found = try PPCAFitting.expectationMaximisation(Self.statistics, latents: 2, seed: 3) { _ in
      true
    }
    #expect(try exact.logLikelihood(Self.statistics) - found.logLikelihood(Self.statistics) < 1e-6)
    let data = MissingPixels(Self.images, part: 0.3, seed: 1)
    func last(_ tolerance: Double?) throws -> Double {
      var last = 0.0
      func note(_ iteration: PPCAIteration) -> Bool {
        last = iteration.logLikelihood
        return true
      }
      _ =
        try tolerance.map {
          try PPCAFitting.expectationMaximisation(
            data, latents: 2, tolerance: $0, limit: 5000, onIteration: note)
        } ?? PPCAFitting.expectationMaximisation(data, latents: 2, onIteration: note)
      return last
    }
    #expect(try last(1e-10) - last(nil) < 2e-6)
  }

  @Test(
    "Images that span no more dimensions than there are latents are refused",
    arguments: PPCAFit.allCases)
  func tooFewDimensions(fit: PPCAFit) throws {
    var configuration = RunConfiguration()
    (configuration.model, configuration.fit, configuration.latent) = ("ppca", fit, 8)
    configuration.adaptToModel(given: [])
    let trainer = try PPCATrainer(
      configuration, data: TestImages.dataset(train: 9, side: 5), device: TestDevice.cpu[1].open())
    #expect { try trainer.train() } throws: { error in
      "\(error)".contains("span 8 dimensions")
    }
  }

  @Test("Images whose covariance would fill the memory are refused")
  func largeImages() throws {
    var configuration = RunConfiguration()
    (configuration.model, configuration.latent) = ("ppca", 2)
    configuration.adaptToModel(given: [])
    let data = TestImages.dataset(train: 3, side: 129)
    #expect {
      try PPCATrainer(configuration, data: data, device: TestDevice.cpu[1].open())
    } throws: {
      "\($0)".contains("16641 pixels")
    }
    #expect {
      try Verification(device: TestDevice.cpu[1].open(), data: data) { _ in }.run()
    } throws: { "\($0)".contains("16641 pixels") }
  }

  @Test("ln p(x) of images is that of their mean and covariance")
  func streaming() throws {
    let images = TestImages.set(.test, count: 2500, side: 6)
    let statistics = PixelStatistics(images)
    var model = try PPCAFitting.closedForm(statistics, latents: 4)
    model.mean = model.mean.map { $0 + 0.01 }
    let found = try model.logLikelihood(images)
    #expect(abs(found - (try model.logLikelihood(statistics))) < 1e-9)
  }

  @Test("A fit that ends early, or sees too little, says so")
  func advice() throws {
    func advice(_ change: (inout RunConfiguration) -> Void) throws -> String? {
      var configuration = RunConfiguration()
      (configuration.model, configuration.latent) = ("ppca", 6)
      configuration.adaptToModel(given: [])
      change(&configuration)
      let trainer = try PPCATrainer(
        configuration, data: TestImages.dataset(train: 60, side: 5),
        device: TestDevice.cpu[1].open())
      _ = try trainer.train()
      return trainer.advice
    }
    #expect(try advice { $0.fit = .closedForm } == nil)
    #expect(try advice { ($0.fit, $0.maxSteps) = (.em, 1) }?.contains("below the maximum") == true)
    #expect(try advice { ($0.fit, $0.missing) = (.em, 0.8) }?.contains("is hidden") == true)
    #expect(try advice { ($0.fit, $0.missing) = (.em, 0.1) } == nil)
  }

  @Test(
    "The fitted model evaluates to ln p(x), samples and encodes as any other",
    arguments: TestDevice.backends, PPCAFit.allCases)
  func model(device: TestDevice, fit: PPCAFit) throws {
    var configuration = RunConfiguration()
    configuration.model = "ppca"
    configuration.adaptToModel(given: [])
    configuration.latent = 4
    configuration.fit = fit
    let data = ImageDataset(
      verified: "test-images", train: Self.images, test: TestImages.set(.test, count: 50, side: 6))
    let trainer = try PPCATrainer(configuration, data: data, device: device.open())
    #expect(try trainer.train() == .completed)
    let exact = try #require(try trainer.vae.exactLogLikelihood(data.test))
    let evaluation = try trainer.vae.evaluate(data.test, samples: 2000)
    // The posterior is exact: every weight is p(x).
    #expect(abs(evaluation.elbo - exact) < 5 * evaluation.standardError + 1e-3)
    #expect(abs(evaluation.iwae - exact) < 1e-3 && evaluation.iwaeStandardError < 1e-3)
    #expect(try trainer.vae.sample(count: 3).allSatisfy(\.isFinite))
    let posterior = try trainer.vae.encode(data.test.image(0))
    let model = try #require(try trainer.vae.principalComponents())
    let inverse = try Cholesky(model.precision).inverse
    let centred = zip(try data.test.image(0), model.mean).map { Double($0) - $1 }
    let projected = Matrix(rows: 1, columns: 36, values: centred) * model.w * inverse
    #expect(relativeError(posterior.prefix(4).map(Double.init), projected.values) < 1e-4)
    for j in 0..<4 {
      #expect(abs(Double(posterior[4 + j]) - log(model.variance * inverse[j, j])) < 1e-4)
    }
  }

  @Test("The settings of another model are refused, and those implied are set")
  func settings() throws {
    var configuration = RunConfiguration()
    configuration.model = "ppca"
    func key() -> String? {
      do {
        try configuration.validate()
        return nil
      } catch {
        return error.key
      }
    }
    #expect(key() == "hidden")
    configuration.adaptToModel(given: ["likelihood"])
    #expect(key() == "likelihood")
    configuration.adaptToModel(given: [])
    #expect(key() == nil)
    configuration.missing = 0.2
    #expect(key() == "missing")
    configuration.fit = .em
    #expect(key() == nil)
    configuration.latent = 36
    let error = #expect(throws: ConfigurationError.self) {
      _ = try PPCATrainer(
        configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    }
    #expect(error?.key == "latent")
  }
}
