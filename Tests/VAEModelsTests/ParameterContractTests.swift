import Graph
import NeuralNetwork
import Testing
import VAEModels

/// The published names and shapes of weights: files of others depend on them.
struct ParameterContractTests {
  private static func tensors(
    _ hidden: [Int], likelihood: String = "bernoulli", sigma: Sigma = .learned,
    image: ImageShape = ImageShape(height: 28, width: 28)
  ) -> [String] {
    let layout = ModelRegistry.make(
      ModelConfiguration(
        image: image, hidden: hidden, latent: 20, likelihood: likelihood, sigma: sigma)
    ).layout
    return layout.parameters.map { "\($0.name) \($0.shape)" }
  }

  @Test("The linear VAE has a posterior and a likelihood")
  func linear() {
    #expect(
      Self.tensors([]) == [
        "posterior.weight [40, 784]", "posterior.bias [40]", "likelihood.weight [784, 20]",
        "likelihood.bias [784]",
      ])
  }

  @Test("One hidden layer each way")
  func oneLayer() {
    #expect(
      Self.tensors([400]) == [
        "encoder.0.weight [400, 784]", "encoder.0.bias [400]", "posterior.weight [40, 400]",
        "posterior.bias [40]", "decoder.0.weight [400, 20]", "decoder.0.bias [400]",
        "likelihood.weight [784, 400]", "likelihood.bias [784]",
      ])
  }

  @Test("Several hidden layers, the decoder's in reverse; colour images have all their channels")
  func severalLayers() {
    #expect(
      Self.tensors([16, 12, 7], image: ImageShape(height: 4, width: 2, channels: 3)) == [
        "encoder.0.weight [16, 24]", "encoder.0.bias [16]", "encoder.1.weight [12, 16]",
        "encoder.1.bias [12]", "encoder.2.weight [7, 12]", "encoder.2.bias [7]",
        "posterior.weight [40, 7]", "posterior.bias [40]", "decoder.0.weight [7, 20]",
        "decoder.0.bias [7]", "decoder.1.weight [12, 7]", "decoder.1.bias [12]",
        "decoder.2.weight [16, 12]", "decoder.2.bias [16]", "likelihood.weight [24, 16]",
        "likelihood.bias [24]",
      ])
  }

  @Test("Only a learned sigma is a parameter, the last one")
  func sigma() {
    let bernoulli = Self.tensors([400])
    #expect(
      Self.tensors([400], likelihood: "gaussian") == bernoulli + ["likelihood.log_sigma [1]"])
    #expect(Self.tensors([400], likelihood: "gaussian", sigma: .fixed(0.5)) == bernoulli)
    #expect(Self.tensors([400], likelihood: "bernoulli", sigma: .fixed(0.5)) == bernoulli)
  }

  @Test("The registries have the published names, each once")
  func registries() {
    #expect(ModelRegistry.names.contains("vae"))
    #expect(LikelihoodRegistry.names.contains("bernoulli"))
    #expect(LikelihoodRegistry.names.contains("gaussian"))
    #expect(Set(ModelRegistry.names).count == ModelRegistry.names.count)
    #expect(Set(LikelihoodRegistry.names).count == LikelihoodRegistry.names.count)
  }

  @Test("Tensors lie in one arena, aligned and apart", arguments: [[], [1], [1023, 1], [32, 64]])
  func arena(hidden: [Int]) {
    let layout = ModelRegistry.make(
      ModelConfiguration(
        image: ImageShape(height: 3, width: 5), hidden: hidden, latent: 2, likelihood: "gaussian")
    ).layout
    var end = 0
    for parameter in layout.parameters {
      #expect(parameter.offset >= end && parameter.offset % 1024 == 0)
      #expect(parameter.count == parameter.shape.reduce(1, *))
      #expect(layout.parameter(named: parameter.name) == parameter)
      end = parameter.offset + parameter.count
    }
    #expect(layout.elementCount >= end)
    #expect(layout.parameterCount == layout.parameters.reduce(0) { $0 + $1.count })
    #expect(layout.parameter(named: "no such") == nil)
  }
}
