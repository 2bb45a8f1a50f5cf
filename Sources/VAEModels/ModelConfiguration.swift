import Graph
import NeuralNetwork

/// The size of an image.
public struct ImageShape: Sendable, Codable, Equatable, CustomStringConvertible {
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(height: Int, width: Int, channels: Int = 1) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Values per image.
  public var count: Int { height * width * channels }
  public var description: String { "\(height)x\(width)" + (channels == 1 ? "" : "x\(channels)") }
}

/// What a model is made of: enough to declare its parameters.
public struct ModelConfiguration: Sendable, Equatable {
  /// A name of `ModelRegistry`.
  public var model: String
  public var image: ImageShape
  /// Widths of the encoder's hidden layers; the decoder has them in reverse. Empty: a linear VAE.
  public var hidden: [Int]
  /// Of a convolutional model.
  public var convolution = ConvolutionSettings()
  /// Dimensions of the latent space, M.
  public var latent: Int
  public var activation: Activation
  public var layer: LayerKind
  public var initialisation = WeightInitialisation.pytorch
  /// Ends at which log-variances of q(z|x) are cut off; nil: none but those of float32.
  public var logVarianceBounds: ClosedRange<Double>?
  /// A name of `LikelihoodRegistry`.
  public var likelihood: String
  /// Of a likelihood that has a scale.
  public var sigma: Sigma
  /// Of a categorical likelihood, K.
  public var levels: Int
  /// Of a mixture likelihood.
  public var components: Int

  public init(
    model: String = "vae", image: ImageShape, hidden: [Int] = [400], latent: Int = 20,
    activation: Activation = .relu, layer: LayerKind = .plain,
    logVarianceBounds: ClosedRange<Double>? = nil, likelihood: String = "bernoulli",
    sigma: Sigma = .learned, levels: Int = 256, components: Int = 10
  ) {
    self.model = model
    self.image = image
    self.hidden = hidden
    self.latent = latent
    self.activation = activation
    self.layer = layer
    self.logVarianceBounds = logVarianceBounds
    self.likelihood = likelihood
    self.sigma = sigma
    self.levels = levels
    self.components = components
  }
}
