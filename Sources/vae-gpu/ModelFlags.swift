import ArgumentParser
import Compute
import Graph
import NeuralNetwork
import Training
import VAEModels

/// The flags of a model, for `train` and `import`.
struct ModelFlags: ParsableArguments {
  @Option(
    help: "Model family: \(ModelRegistry.names.joined(separator: ", ")) (default: vae).",
    transform: FlagValue.name(in: ModelRegistry.names))
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
    help: ArgumentHelp("Dimensions of the latent space (default: 20).", valueName: "n"),
    transform: FlagValue.integer())
  var latent: Int?

  @Option(
    help: "Activation of plain layers: \(FlagValue.list(Activation.self)) (default: relu).",
    transform: FlagValue.choice(Activation.self))
  var activation: Activation?

  @Option(
    help: "Hidden layers: plain, or gated: W x + b times sigmoid(V x + c) (default: plain).",
    transform: FlagValue.choice(LayerKind.self))
  var layer: LayerKind?

  @Option(
    name: .customLong("init"),
    help: """
      First weights: pytorch, uniform up to 1 / sqrt(inputs), biases too; glorot, uniform up to \
      sqrt(6 / (inputs + outputs)), biases 0 (default: pytorch).
      """,
    transform: FlagValue.choice(WeightInitialisation.self))
  var initialisation: WeightInitialisation?

  @Option(
    help: """
      First bias of the decoder's output: drawn as the others, or data, which begins with the mean \
      training image (bernoulli, gaussian, laplace; default: drawn).
      """,
    transform: FlagValue.choice(OutputBias.self))
  var outputBias: OutputBias?

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

  var settings: [Setting] {
    // What the model implies, unless it is given.
    let implied = model.map { ModelRegistry.implied($0) }
    let hidden = hidden ?? implied?.hidden
    let likelihood = likelihood ?? implied?.likelihood
    return [
      Setting("model", model, \.model), Setting("hidden", hidden, \.hidden),
      Setting("latent", latent, \.latent), Setting("activation", activation, \.activation),
      Setting("layer", layer, \.layer), Setting("init", initialisation, \.initialisation),
      Setting("output-bias", outputBias, \.outputBias),
      Setting("log-variance", logVariance, optional: \.logVarianceBounds),
      Setting("likelihood", likelihood, \.likelihood), Setting("sigma", sigma, \.sigma),
      Setting("levels", levels, \.levels), Setting("components", components, \.components),
    ].compactMap { $0 }
  }

  /// Throws for flags that do not go together.
  func check(_ configuration: RunConfiguration) throws {
    for (flag, isGiven) in [("--activation", activation != nil), ("--layer", layer != nil)]
    where isGiven && ModelRegistry.isLinear(configuration.model) {
      throw UsageError("\(flag): \(configuration.model) is linear; leave it out")
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
