import ArgumentParser
import NeuralNetwork
import Training

/// The flags of convolutional models, for `train` and `import`.
struct ConvolutionFlags: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Channels of the layers (default: 32,64).", valueName: "widths"),
    transform: FlagValue.widths)
  var channels: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Side of the kernels (default: 4).", valueName: "n"),
    transform: FlagValue.integer())
  var kernel: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Step of the kernels (default: 2).", valueName: "n"),
    transform: FlagValue.integer())
  var stride: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Zeros around images (default: 1).", valueName: "n"),
    transform: FlagValue.integer(0...63))
  var padding: Int?

  @Option(
    help: "Of channels: none, batch or group (default: none).",
    transform: FlagValue.choice(NormKind.self))
  var norm: NormKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Residual blocks behind each of the layers (default: 0).", valueName: "n"),
    transform: FlagValue.integer(0...64))
  var residual: Int?

  @Option(
    help:
      "In the decoder: transposed convolutions, or nearest neighbour and convolution (default: transposed).",
    transform: FlagValue.choice(Upsampling.self))
  var upsampling: Upsampling?

  var settings: [Setting] {
    [
      Setting("channels", channels, \.convolution.channels),
      Setting("kernel", kernel, \.convolution.kernel),
      Setting("stride", stride, \.convolution.stride),
      Setting("padding", padding, \.convolution.padding),
      Setting("norm", norm, \.convolution.norm),
      Setting("residual", residual, \.convolution.residual),
      Setting("upsampling", upsampling, \.convolution.upsampling),
    ].compactMap { $0 }
  }

  /// Throws for flags of another model.
  func check(_ configuration: RunConfiguration) throws {
    guard configuration.model != "conv", let first = settings.first else { return }
    throw UsageError(
      "--\(first.flag): is for --model conv, not for \(configuration.model); leave it out")
  }
}
