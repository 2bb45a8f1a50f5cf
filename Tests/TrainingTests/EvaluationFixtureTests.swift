import Foundation
import Testing
import Training
import VAEGPU

/// The ELBO of a trained model and its standard error against PyTorch, with weights that PyTorch wrote.
@MainActor struct EvaluationFixtureTests {
  struct Expected: Decodable {
    let seed: UInt64
    let samples: Int
    let draws: Int
    let elbo: Double
    let logLikelihood: Double
    let kl: Double
    let standardError: Double
    let iwae: Double
    let iwaeStandardError: Double
    let imageDrawElbo: [[Double]]
    let imageDrawKL: [[Double]]
  }

  let expected: Expected

  init() throws { expected = try Fixtures.json("evaluate-tiny.json") }

  @Test(
    "Imported weights give the fixture's ELBO, its parts and its standard error",
    arguments: TestDevice.all)
  func evaluation(device: TestDevice) throws {
    try check(try evaluate(device.open(), samples: expected.draws), tolerance: 1e-6)
  }

  @Test("The float64 reference gives them up to the rounding of the fixture's noise")
  func reference() throws {
    try check(try evaluate(TestDevice.reference, samples: expected.draws), tolerance: 6e-8)
  }

  @Test("One draw has the standard error over images", arguments: TestDevice.backends)
  func oneDraw(device: TestDevice) throws {
    let evaluation = try evaluate(device.open(), samples: 1)
    let elbos = expected.imageDrawElbo.map { $0[0] }
    let mean = elbos.reduce(0, +) / Double(elbos.count)
    let variance = elbos.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(elbos.count - 1)
    let error = (variance / Double(elbos.count)).squareRoot()
    #expect(relativeError(evaluation.elbo, mean) < 1e-6)
    #expect(relativeError(evaluation.standardError, error) < 1e-5)
  }

  @Test(
    "Imported weights are the file's to the bit and survive the device", arguments: TestDevice.all)
  func importedWeights(device: TestDevice) throws {
    let vae = try imported(device.open())
    let file = try Fixtures.tensors("import-tiny.safetensors")
    for (name, shape, values) in try vae.namedWeights() {
      #expect(try values == file.floats(named: name, shape: shape))
    }
  }

  private func check(_ evaluation: Evaluation, tolerance: Double) throws {
    print(
      "PyTorch, evaluate-tiny: ELBO \(relativeError(evaluation.elbo, expected.elbo)), standard error "
        + "\(relativeError(evaluation.standardError, expected.standardError))")
    #expect(evaluation.images == expected.samples && evaluation.samples == expected.draws)
    #expect(relativeError(evaluation.elbo, expected.elbo) < tolerance)
    #expect(relativeError(evaluation.logLikelihood, expected.logLikelihood) < tolerance)
    #expect(relativeError(evaluation.kl, expected.kl) < 10 * tolerance)
    #expect(relativeError(evaluation.standardError, expected.standardError) < 10 * tolerance)
    #expect(relativeError(evaluation.iwae, expected.iwae) < tolerance)
    // The weights behind the largest enter by their mean.
    let error = evaluation.iwaeStandardError / expected.iwaeStandardError
    #expect(error > 0.9 && error < 1.001, "\(error)")
    let bits = -expected.iwae / (36 * log(2.0))
    #expect(relativeError(try #require(evaluation.bitsPerDimension), bits) < tolerance)
    #expect(relativeError(evaluation.klPerLatent.reduce(0, +), expected.kl) < 10 * tolerance)
    #expect(evaluation.bound == "elbo" && evaluation.binarization == "dynamic")
  }

  private func imported(_ device: Device) throws -> VAE {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 6, width: 6), hidden: [16, 12], latent: 5, activation: .relu),
      device: device)
    try vae.loadWeights(from: try Fixtures.tensors("import-tiny.safetensors"))
    return vae
  }

  private func evaluate(_ device: Device, samples: Int) throws -> Evaluation {
    try imported(device).evaluate(
      TestImages.set(.test, count: expected.samples, side: 6), samples: samples, seed: expected.seed
    )
  }
}
