import Compute
import Graph
import NeuralNetwork

/// The VAE with convolutions in the encoder and their transposes in the decoder: each layer of the decoder gives images of the size that
/// its counterpart in the encoder took. Between convolutions and latents there may be dense layers.
struct ConvolutionalVAE: Model {
  let configuration: ModelConfiguration
  let likelihood: any Likelihood
  private let convolutions: [Convolution]
  private let encoder: DenseStack
  private let head: Linear
  private let decoder: DenseStack
  /// From the dense layers to the smallest image.
  private let image: Linear
  private let transposed: [DecoderLayer]
  /// Behind each layer of the encoder, and of the decoder but the last.
  private let encoderBlocks: [[ResidualBlock]]
  private let decoderBlocks: [[ResidualBlock]]

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    likelihood = LikelihoodRegistry.make(configuration)
    let (geometries, channels) = (
      Self.geometries(configuration), configuration.convolution.channels
    )
    let (activation, kind) = (configuration.activation, configuration.layer)
    let factor = kind == .gated ? 2 : 1
    convolutions = zip(geometries, channels).enumerated().map { index, layer in
      Convolution(
        "encoder.\(index)", layer.0, outputs: factor * layer.1, norm: configuration.convolution.norm
      )
    }
    let smallest = [
      geometries.last?.outHeight ?? 0, geometries.last?.outWidth ?? 0, channels.last ?? 0,
    ]
    let count = smallest.reduce(1, *)
    encoder = DenseStack(
      "encoder.dense", inputs: count, widths: configuration.hidden, activation: activation,
      kind: kind, inputImage: smallest)
    head = Linear(
      "posterior", inputs: encoder.outputs, outputs: 2 * configuration.latent,
      inputImage: configuration.hidden.isEmpty ? smallest : nil)
    decoder = DenseStack(
      "decoder.dense", inputs: configuration.latent, widths: configuration.hidden.reversed(),
      activation: activation, kind: kind)
    image = Linear(
      "decoder.image", inputs: decoder.outputs, outputs: count, outputImage: smallest)
    // The images that the encoder's layers took, from the smallest: what the last one gives has the numbers of each pixel.
    let numbers = likelihood.distribution.heads
    transposed = geometries.indices.reversed().map { index in
      let geometry = geometries[index]
      let outputs = index == 0 ? numbers * geometry.channels : factor * geometry.channels
      return DecoderLayer(
        index == 0 ? "likelihood" : "decoder.\(geometries.count - 1 - index)",
        inputs: channels[index], from: geometry, to: geometry.with(channels: outputs),
        configuration, norm: index == 0 ? .none : configuration.convolution.norm)
    }
    func blocks(_ name: String, _ height: Int, _ width: Int, _ channels: Int) -> [ResidualBlock] {
      (0..<configuration.convolution.residual).map {
        ResidualBlock(
          "\(name).residual.\($0)", height: height, width: width, channels: channels,
          norm: configuration.convolution.norm)
      }
    }
    encoderBlocks = geometries.indices.map { index in
      let geometry = geometries[index]
      return blocks(
        "encoder.\(index)", geometry.outHeight, geometry.outWidth, channels[index])
    }
    decoderBlocks = geometries.indices.dropFirst().reversed().map { index in
      let geometry = geometries[index]
      return blocks(
        "decoder.\(geometries.count - 1 - index)", geometry.height, geometry.width,
        geometry.channels)
    }
  }

  func declare(in layout: inout ParameterLayout) {
    for (convolution, blocks) in zip(convolutions, encoderBlocks) {
      convolution.declare(in: &layout)
      for block in blocks { block.declare(in: &layout) }
    }
    encoder.declare(in: &layout)
    head.declare(in: &layout)
    decoder.declare(in: &layout)
    image.declare(in: &layout)
    for (layer, blocks) in zip(transposed, decoderBlocks + [[]]) {
      layer.declare(in: &layout)
      for block in blocks { block.declare(in: &layout) }
    }
    likelihood.declare(in: &layout, pixels: configuration.image.count)
  }

  func posterior(_ x: Tensor, _ scope: ParameterScope) -> Tensor {
    let rows = x.shape.rows
    var features = x
    for (layer, blocks) in zip(convolutions, encoderBlocks) {
      features = activated(layer.name) { layer(features, scope, activation: $0) }
      features = through(blocks, features, scope)
    }
    let flat = features.viewed(as: [rows, features.shape.count / rows])
    return bounded(head(encoder(flat, scope), scope))
  }

  func decode(_ z: Tensor, _ scope: ParameterScope) -> Tensor {
    let smallest = image(
      decoder(z, scope), scope,
      activation: configuration.layer == .gated ? .identity : configuration.activation)
    var x = smallest
    for (layer, blocks) in zip(transposed, decoderBlocks) {
      x = activated(layer.name) { layer(x, scope, activation: $0) }
      x = through(blocks, x, scope)
    }
    guard let last = transposed.last else { return x }
    let shape = configuration.image
    return scope.graph.splitHeads(
      last(x, scope, activation: .identity), pixels: shape.height * shape.width,
      numbers: likelihood.distribution.heads, channels: shape.channels)
  }

  private func through(_ blocks: [ResidualBlock], _ x: Tensor, _ scope: ParameterScope) -> Tensor {
    let activation = configuration.layer == .gated ? .identity : configuration.activation
    return blocks.reduce(x) { $1($0, scope, activation: activation) }
  }

  /// A layer with its activation, or with its gate.
  private func activated(_ name: String, _ layer: (Activation) -> Tensor) -> Tensor {
    switch configuration.layer {
    case .plain: return layer(configuration.activation)
    case .gated:
      let output = layer(.identity)
      return output.graph.gate(output, label: "\(name) gated")
    }
  }

  /// Of the encoder's layers.
  private static func geometries(_ configuration: ModelConfiguration) -> [ConvolutionGeometry] {
    var geometries: [ConvolutionGeometry] = []
    var (height, width) = (configuration.image.height, configuration.image.width)
    var channels = configuration.image.channels
    for next in configuration.convolution.channels {
      let geometry = ConvolutionGeometry(
        height: height, width: width, channels: channels,
        kernelHeight: configuration.convolution.kernel,
        kernelWidth: configuration.convolution.kernel, stride: configuration.convolution.stride,
        padding: configuration.convolution.padding)
      geometries.append(geometry)
      guard geometry.isValid else { break }
      (height, width, channels) = (geometry.outHeight, geometry.outWidth, next)
    }
    return geometries
  }

  /// Images that a layer's kernel does not fit into.
  static func problem(_ configuration: ModelConfiguration) -> String? {
    for (index, geometry) in geometries(configuration).enumerated() where !geometry.isValid {
      return "layer \(index + 1) of \(configuration.convolution.channels.count) has a kernel of "
        + "\(geometry.kernelHeight) for an image of \(geometry.height) x \(geometry.width) with padding "
        + "\(geometry.padding); give fewer layers or a smaller kernel"
    }
    return nil
  }
}

/// A layer of the decoder: the transpose of one of the encoder's, or a convolution of larger images.
private struct DecoderLayer: Sendable {
  let name: String
  private let transposed: TransposedConvolution
  private let upsampling: UpsamplingConvolution?

  /// - Parameters:
  ///   - small: the encoder's layer, whose result is the size of what comes in.
  ///   - geometry: the same with the channels that go out.
  init(
    _ name: String, inputs: Int, from small: ConvolutionGeometry, to geometry: ConvolutionGeometry,
    _ configuration: ModelConfiguration, norm: NormKind
  ) {
    self.name = name
    transposed = TransposedConvolution(name, inputs: inputs, to: geometry, norm: norm)
    upsampling =
      configuration.convolution.upsampling == .transposed
      ? nil
      : UpsamplingConvolution(
        name, inputs: inputs, from: (small.outHeight, small.outWidth), to: geometry, norm: norm)
  }

  func declare(in layout: inout ParameterLayout) {
    if let upsampling { return upsampling.declare(in: &layout) }
    transposed.declare(in: &layout)
  }

  func callAsFunction(_ x: Tensor, _ scope: ParameterScope, activation: Activation) -> Tensor {
    upsampling?(x, scope, activation: activation) ?? transposed(x, scope, activation: activation)
  }
}
