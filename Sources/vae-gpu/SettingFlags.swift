import ArgumentParser
import Compute
import Graph
import NeuralNetwork
import Training
import VAEModels

/// The flags of a model, for `train` and `import`.
struct ModelFlags: ParsableArguments {
  @Option(
    help: "Model family (default: vae).", transform: FlagValue.name(in: ModelRegistry.names))
  var model: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Widths of the encoder's hidden layers, of conv behind its convolutions, or none (default: 400; conv: none).",
      valueName: "widths"),
    transform: FlagValue.widths)
  var hidden: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Channels of conv's layers (default: 32,64).", valueName: "widths"),
    transform: FlagValue.widths)
  var channels: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Side of conv's kernels (default: 4).", valueName: "n"),
    transform: FlagValue.integer())
  var kernel: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Step of conv's kernels (default: 2).", valueName: "n"),
    transform: FlagValue.integer())
  var stride: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Zeros around conv's images (default: 1).", valueName: "n"),
    transform: FlagValue.integer(0...63))
  var padding: Int?

  @Option(
    help: "Of conv's channels: none, batch or group (default: none).",
    transform: FlagValue.choice(NormKind.self))
  var norm: NormKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Residual blocks behind each of conv's layers (default: 0).", valueName: "n"),
    transform: FlagValue.integer(0...64))
  var residual: Int?

  @Option(
    help:
      "In conv's decoder: transposed convolutions, or nearest neighbour and convolution (default: transposed).",
    transform: FlagValue.choice(Upsampling.self))
  var upsampling: Upsampling?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Dimensions of the latent space (default: 20).", valueName: "n"),
    transform: FlagValue.integer())
  var latent: Int?

  @Option(
    help: "Of the hidden layers (default: relu).", transform: FlagValue.choice(Activation.self))
  var activation: Activation?

  @Option(
    help: "Hidden layers: plain, or gated: W x + b times sigmoid(V x + c) (default: plain).",
    transform: FlagValue.choice(LayerKind.self))
  var layer: LayerKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Ends at which log-variances of q(z|x) are cut off, like -6,2 (default: none).",
      valueName: "low,high"),
    transform: FlagValue.bounds)
  var logVariance: ClosedRange<Double>?

  @Option(
    help: "p(x|z): \(LikelihoodRegistry.names.joined(separator: ", ")) (default: bernoulli).",
    transform: FlagValue.name(in: LikelihoodRegistry.names))
  var likelihood: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Scale of a gaussian, laplace or logistic likelihood: \(Sigma.named.map(\.name).joined(separator: ", ")) or a number (default: learned).",
      valueName: "sigma"),
    transform: FlagValue.sigma)
  var sigma: Sigma?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of a categorical likelihood: pixels are put into n equal parts of 0 to 255 (default: 256).",
      valueName: "n"),
    transform: FlagValue.integer())
  var levels: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of a logistic-mixture likelihood (default: 10).", valueName: "n"),
    transform: FlagValue.integer())
  var components: Int?

  @Option(
    help: "How ppca is fitted: closed-form, em or gradient (default: closed-form).",
    transform: FlagValue.choice(PPCAFit.self))
  var fit: PPCAFit?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Part of the training pixels to hide from ppca with --fit em (default: 0).",
      valueName: "part"),
    transform: FlagValue.number)
  var missing: Double?

  var settings: [Setting] {
    // What the model implies, unless it is given.
    let implied = model.map { ModelRegistry.implied($0) }
    let hidden = hidden ?? implied?.hidden
    let likelihood = likelihood ?? implied?.likelihood
    return [
      Setting("model", model, \.model), Setting("hidden", hidden, \.hidden),
      Setting("channels", channels, \.channels), Setting("kernel", kernel, \.kernel),
      Setting("stride", stride, \.stride), Setting("padding", padding, \.padding),
      Setting("norm", norm, \.norm), Setting("residual", residual, \.residual),
      Setting("upsampling", upsampling, \.upsampling),
      Setting("latent", latent, \.latent), Setting("activation", activation, \.activation),
      Setting("layer", layer, \.layer),
      Setting("log-variance", logVariance, optional: \.logVarianceBounds),
      Setting("likelihood", likelihood, \.likelihood), Setting("sigma", sigma, \.sigma),
      Setting("levels", levels, \.levels), Setting("components", components, \.components),
      Setting("fit", fit, \.fit), Setting("missing", missing, \.missing),
    ].compactMap { $0 }
  }

  /// Throws for flags that do not go together.
  func check(_ configuration: RunConfiguration) throws {
    let ofConv = [
      ("--channels", channels.map { "\($0.map(String.init).joined(separator: ","))" }),
      ("--kernel", kernel.map(\.description)), ("--stride", stride.map(\.description)),
      ("--padding", padding.map(\.description)), ("--norm", norm?.rawValue),
      ("--residual", residual.map(\.description)), ("--upsampling", upsampling?.rawValue),
    ]
    for case (let flag, let value?) in ofConv where configuration.model != "conv" {
      throw UsageError("\(flag) \(value): is for --model conv, not for \(configuration.model)")
    }
    let ofPPCA = [("--fit", fit?.rawValue), ("--missing", missing.map(\.description))]
    for case (let flag, let value?) in ofPPCA where !ModelRegistry.isLinear(configuration.model) {
      throw UsageError("\(flag) \(value): is for --model ppca, not for \(configuration.model)")
    }
    if let activation, configuration.layer == .gated {
      throw UsageError(
        "--activation \(activation.rawValue): gated layers have none; leave it out, or add "
          + "--layer plain")
    }
    let given: [(LikelihoodSetting, String?)] = [
      (.sigma, sigma.map(\.description)), (.levels, levels.map(\.description)),
      (.components, components.map(\.description)),
    ]
    for case (let setting, let value?) in given {
      let names = LikelihoodRegistry.names(taking: setting)
      guard !names.contains(configuration.likelihood) else { continue }
      throw UsageError(
        "--\(setting.rawValue) \(value): the \(configuration.likelihood) likelihood has no "
          + "\(setting.rawValue); add --likelihood \(names.joined(separator: " or ")), or leave it out"
      )
    }
  }
}

/// The flags of data, length, optimizer and machine, for `train`.
struct TrainingFlags: ParsableArguments {
  @Option(
    help: "fashion-mnist, sprites or a directory of IDX files (default: fashion-mnist).",
    transform: FlagValue.path)
  var data: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Hold out the last n training images and choose the best epoch by them (default: 0: by the test images).",
      valueName: "n"),
    transform: FlagValue.integer(0...Int(Int32.max)))
  var validation: Int?

  @Option(
    help: "dynamic, static or none (default: dynamic for a Bernoulli likelihood, else none).",
    transform: FlagValue.choice(Binarization.self))
  var binarize: Binarization?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Passes over the training images (default: 10).", valueName: "n"),
    transform: FlagValue.integer())
  var epochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Stop after this many steps of the whole run.", valueName: "n"),
    transform: FlagValue.integer())
  var maxSteps: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Images per step (default: 128).", valueName: "n"),
    transform: FlagValue.integer())
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Learning rate of Adam (default: 0.001).", valueName: "rate"),
    transform: FlagValue.number)
  var lr: Double?

  @Option(
    help: """
      constant, cosine (to 0 in --lr-epochs), exponential (halved every --lr-epochs) or staircase \
      (10^(-i/7) for 3^i epochs) (default: constant).
      """,
    transform: FlagValue.choice(LearningRateSchedule.self))
  var lrSchedule: LearningRateSchedule?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of a cosine or exponential schedule (default: 100).", valueName: "epochs"),
    transform: FlagValue.number)
  var lrEpochs: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decay of Adam's first moment (default: 0.9).", valueName: "rate"),
    transform: FlagValue.number)
  var adamBeta1: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decay of Adam's second moment (default: 0.999).", valueName: "rate"),
    transform: FlagValue.number)
  var adamBeta2: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Added to the root of Adam's second moment (default: 1e-8).", valueName: "number"),
    transform: FlagValue.number)
  var adamEpsilon: Double?

  @Option(
    help: """
      Of the operands of matrix products: fp32, or bf16 on the CPU backend; sums and all else stay \
      float32 (default: fp32).
      """,
    transform: FlagValue.choice(Precision.self))
  var precision: Precision?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of initial weights, order and noise (default: 0).", valueName: "n"),
    transform: FlagValue.seed)
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Largest norm of the gradient; 0: no clipping (default: 0).", valueName: "norm"),
    transform: FlagValue.number)
  var clipNorm: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Stop after this many epochs without a better ELBO of the held-out images, linear warm-up not counted; 0: never (default: 0).",
      valueName: "n"),
    transform: FlagValue.integer())
  var patience: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps between lines of metrics (default: 100).", valueName: "n"),
    transform: FlagValue.integer())
  var logEvery: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds between checkpoints within an epoch; 0: only at its end (default: 60).",
      valueName: "seconds"),
    transform: FlagValue.number)
  var saveEvery: Double?

  /// All but the machine's.
  var settings: [Setting] {
    [
      Setting("data", data, \.data), Setting("validation", validation, \.validation),
      Setting("binarize", binarize, optional: \.binarize),
      Setting("epochs", epochs, \.epochs, shapesResult: false),
      Setting("max-steps", maxSteps, optional: \.maxSteps, shapesResult: false),
      Setting("batch-size", batchSize, \.batchSize), Setting("lr", lr, \.learningRate),
      Setting("lr-schedule", lrSchedule, \.learningRateSchedule),
      Setting("lr-epochs", lrEpochs, \.learningRateEpochs),
      Setting("adam-beta1", adamBeta1, \.adam.beta1),
      Setting("adam-beta2", adamBeta2, \.adam.beta2),
      Setting("adam-epsilon", adamEpsilon, \.adam.epsilon),
      Setting("precision", precision, \.precision),
      Setting("seed", seed, \.seed),
      Setting("clip-norm", clipNorm, \.clipNorm),
      Setting("patience", patience, \.patience, shapesResult: false),
      Setting("log-every", logEvery, \.logEvery, shapesResult: false),
      Setting("save-every", saveEvery, \.saveEvery, shapesResult: false),
    ].compactMap { $0 }
  }
}
