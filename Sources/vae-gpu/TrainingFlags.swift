import ArgumentParser
import Compute
import Graph
import NeuralNetwork
import Training
import VAEModels

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
      Of the operands of matrix products: fp32; bf16 on the CPU backend and on GPUs with matrix \
      instructions; tf32 on these; sums and all else stay float32 (default: fp32).
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
  /// Throws for flags that do not go together.
  func check(_ configuration: RunConfiguration) throws {
    guard let lrEpochs, configuration.learningRateSchedule == .constant else { return }
    throw UsageError(
      "--lr-epochs \(lrEpochs): the learning rate is constant; add --lr-schedule cosine, exponential "
        + "or staircase")
  }

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
