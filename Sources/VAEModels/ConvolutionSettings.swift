import NeuralNetwork

/// What the convolutions of a model are.
public struct ConvolutionSettings: Sendable, Equatable {
  /// Of the encoder's layers; the decoder has them in reverse.
  public var channels = [32, 64]
  /// Side of the kernels, step between places, zeros around the image.
  public var kernel = 4
  public var stride = 2
  public var padding = 1
  /// Behind all convolutions but the last.
  public var norm = NormKind.none
  /// Residual blocks behind each convolution but the last.
  public var residual = 0
  /// How the decoder makes larger images.
  public var upsampling = Upsampling.transposed

  public init() {}
}
