import Foundation
import Testing
import VAEGPU

/// The output's bias by the mean of the data.
@MainActor struct OutputBiasTests {
  private static let data = TestImages.dataset(train: 50, side: 6)

  @Test(
    "A decoder whose last layer gets zeros gives the mean training image",
    arguments: [
      ("bernoulli", Sigma.learned), ("gaussian", .learned), ("gaussian", .predicted),
      ("laplace", .learned), ("laplace", .predicted),
    ])
  func mean(likelihood: String, sigma: Sigma) throws {
    var configuration = RunConfiguration()
    (configuration.likelihood, configuration.sigma) = (likelihood, sigma)
    (configuration.hidden, configuration.latent) = ([8], 3)
    configuration.outputBias = .data
    let means = try Self.means(configuration)
    for pixel in 0..<36 {
      let expected = try (0..<50).reduce(0) { $0 + (try Self.data.train.image($1)[pixel]) } / 50
      let clipped = likelihood == "bernoulli" ? min(max(expected, 0.001), 0.999) : expected
      #expect(abs(means[pixel] - clipped) < 1e-5, "pixel \(pixel)")
    }
  }

  @Test("Convolutions have one bias for a channel: the mean of all pixels")
  func convolution() throws {
    var configuration = RunConfiguration()
    (configuration.model, configuration.hidden, configuration.latent) = ("conv", [], 3)
    configuration.convolution.channels = [4]
    configuration.outputBias = .data
    let pixels = Self.data.train.pixels
    let expected = Float(pixels.reduce(0) { $0 + Int($1) }) / Float(pixels.count) / 255
    #expect(try Self.means(configuration).allSatisfy { abs($0 - expected) < 1e-5 })
  }

  @Test("It is refused for a likelihood whose output is no mean")
  func refused() {
    var configuration = RunConfiguration()
    (configuration.likelihood, configuration.outputBias) = ("logistic-mixture", .data)
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
  }

  /// E[x|z] with zeros for the weights of the last layer.
  private static func means(_ configuration: RunConfiguration) throws -> [Float] {
    let trainer = try Trainer(
      configuration, data: data, device: TestDevice.cpu[1].open())
    let vae = trainer.vae
    let weights = zip(vae.layout.parameters, try vae.weights()).map { parameter, values in
      parameter.name == "likelihood.weight" ? values.map { _ in 0 } : values
    }
    try vae.setWeights(weights)
    return try vae.decode([0.3, -1, 2])
  }
}
