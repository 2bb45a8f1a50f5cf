import Graph
import NeuralNetwork

/// The VAE with dense layers (Kingma & Welling 2014): encoder, diagonal Gaussian posterior, standard normal prior,
/// decoder with the encoder's widths in reverse. Without hidden layers it is the linear VAE (Lucas et al. 2019).
struct DenseVAE: Model {
  let configuration: ModelConfiguration
  let likelihood: any Likelihood
  private let encoder: DenseStack
  private let head: Linear
  private let decoder: DenseStack
  private let output: Linear

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    likelihood = LikelihoodRegistry.make(configuration)
    let (hidden, activation) = (configuration.hidden, configuration.activation)
    let kind = configuration.layer
    encoder = DenseStack(
      "encoder", inputs: configuration.image.count, widths: hidden, activation: activation,
      kind: kind)
    head = Linear("posterior", inputs: encoder.outputs, outputs: 2 * configuration.latent)
    decoder = DenseStack(
      "decoder", inputs: configuration.latent, widths: hidden.reversed(), activation: activation,
      kind: kind)
    output = Linear(
      "likelihood", inputs: decoder.outputs,
      outputs: likelihood.distribution.heads * configuration.image.count)
  }

  func declare(in layout: inout ParameterLayout) {
    encoder.declare(in: &layout)
    head.declare(in: &layout)
    decoder.declare(in: &layout)
    output.declare(in: &layout)
    likelihood.declare(in: &layout, pixels: configuration.image.count)
  }

  func posterior(_ x: Tensor, _ scope: ParameterScope) -> Tensor {
    bounded(head(encoder(x, scope), scope))
  }

  func decode(_ z: Tensor, _ scope: ParameterScope) -> Tensor { output(decoder(z, scope), scope) }
}
