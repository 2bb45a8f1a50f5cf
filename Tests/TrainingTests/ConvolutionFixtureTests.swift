import Foundation
import Testing
import VAEGPU

/// Five Adam steps of convolutional VAEs against PyTorch in float64 (Tests/Fixtures/make_conv_fixtures.py).
@MainActor struct ConvolutionFixtureTests {
  private struct Fixture: Decodable {
    struct Step: Decodable {
      let loss: Double
      let logLikelihood: Double
      let kl: Double
    }
    let height: Int
    let width: Int
    let channels: Int
    let samples: Int
    let batch: Int
    let latents: Int
    let layers: [Int]
    let kernel: Int
    let stride: Int
    let padding: Int
    let seed: UInt64
    let likelihood: String
    let steps: [Step]
  }

  nonisolated static let names = ["conv-bernoulli", "conv-gaussian-predicted", "conv-sparse"]

  @Test(
    "Losses, first gradients and final parameters are PyTorch's, in PyTorch's layout",
    arguments: names, TestDevice.all)
  func training(name: String, device: TestDevice) throws {
    let found = try deviation(name, device.open())
    print("PyTorch, \(name), \(device.testDescription): \(found)")
    #expect(found.loss.value < 2e-6 && found.kl.value < 1e-5)
    #expect(found.gradient.value < 5e-6 && found.final.value < 5e-6)
  }

  @Test("The float64 reference is PyTorch's up to the rounding of its inputs", arguments: names)
  func reference(name: String) throws {
    let found = try deviation(name, TestDevice.reference)
    print("PyTorch, \(name), float64 reference: \(found)")
    #expect(found.loss.value < 6e-8 && found.kl.value < 6e-8)
    #expect(found.gradient.value < 3e-7 && found.final.value < 3e-7)
  }

  private func deviation(_ name: String, _ device: Device) throws -> Deviation {
    let fixture: Fixture = try Fixtures.json("\(name).json")
    let tensors = try Fixtures.tensors("\(name).safetensors")
    let images = ImageSet(
      verified: "noise", split: .train, count: fixture.samples, height: fixture.height,
      width: fixture.width, channels: fixture.channels, pixels: try tensors.bytes(named: "pixels"))
    let trainer = try Trainer(
      configuration(fixture), data: ImageDataset(verified: "noise", train: images, test: images),
      device: device)
    let layout = trainer.vae.layout
    let initial = try layout.parameters.map { parameter in
      #expect(tensors.shape(of: "initial.\(parameter.name)") == parameter.publishedShape)
      return parameter.storedValues(try tensors.floats(named: "initial.\(parameter.name)"))
    }
    try trainer.vae.setWeights(initial)
    var found = Deviation()
    try trainer.lines { line in
      let step = fixture.steps[line.step - 1]
      found.loss.add(relativeError(line.loss ?? .nan, step.loss))
      found.logLikelihood.add(relativeError(line.logLikelihood, step.logLikelihood))
      found.kl.add(relativeError(line.kl, step.kl))
      guard line.step == 1 else { return }
      for (parameter, gradient) in zip(layout.parameters, try trainer.gradients()) {
        let published = parameter.publishedValues(gradient.map { Float($0) }).map(Double.init)
        let expected = try tensors.doubles(named: "gradient.\(parameter.name)")
        found.gradient.add(relativeError(published, expected))
      }
    }
    for (parameter, values) in zip(layout.parameters, try trainer.parameters()) {
      let published = parameter.publishedValues(values.map { Float($0) }).map(Double.init)
      found.final.add(
        relativeError(published, try tensors.doubles(named: "final.\(parameter.name)")))
    }
    return found
  }

  private func configuration(_ fixture: Fixture) -> RunConfiguration {
    var configuration = RunConfiguration()
    configuration.model = "conv"
    configuration.hidden = []
    (configuration.convolution.channels, configuration.convolution.kernel) = (
      fixture.layers, fixture.kernel
    )
    (configuration.convolution.stride, configuration.convolution.padding) = (
      fixture.stride, fixture.padding
    )
    configuration.latent = fixture.latents
    configuration.activation = .tanh
    configuration.likelihood = fixture.likelihood
    if fixture.likelihood == "gaussian" { configuration.sigma = .predicted }
    configuration.batchSize = fixture.batch
    configuration.seed = fixture.seed
    configuration.maxSteps = fixture.steps.count
    configuration.logEvery = 1
    return configuration
  }
}
