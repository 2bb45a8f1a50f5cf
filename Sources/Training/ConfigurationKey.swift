import Compute
import FileFormats
import Graph
import NeuralNetwork
import VAEModels

/// A value of a configuration file.
package enum ConfigurationValue: Equatable {
  case text(String)
  case integer(Int64)
  case number(Double)
  case list([Int])

  /// As TOML writes it.
  var toml: String {
    switch self {
    case .text(let text): JSONValue.quoted(text)
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .list(let values): "[" + values.map(String.init).joined(separator: ", ") + "]"
    }
  }
}

/// One setting by its name in `config.toml`; the flag of the same name has dashes.
struct ConfigurationKey: Sendable {
  let name: String
  let comment: String
  /// Whether it goes into a checkpoint: settings that the numbers of a run depend on. The data set is there by its name
  /// and size, not by its path.
  let determinesResult: Bool
  /// The value that a checkpoint without the setting has, for one that is younger than checkpoints are. It is not written.
  var implied: ConfigurationValue?
  let read: @Sendable (RunConfiguration) -> ConfigurationValue?
  let write: @Sendable (inout RunConfiguration, ConfigurationValue) throws -> Void

  static func named(_ name: String) -> ConfigurationKey? {
    let underscored = name.replacing("-", with: "_")
    return all.first { $0.name == underscored }
  }

  /// The one list of settings.
  static let all: [ConfigurationKey] = [
    text(
      "data", "fashion-mnist, sprites or a directory of IDX files", \.data, determines: false),
    text(
      "device", "auto, cpu, a number or a name fragment (vae-gpu devices)", \.device,
      determines: false),
    optionalInteger(
      "threads", "of the CPU backend; results do not depend on it", \.threads, determines: false),
    ConfigurationKey(
      name: "order", comment: "of sums in matrix products: exact or fast", determinesResult: false,
      read: { $0.order.map { .text($0.rawValue) } },
      write: { $0.order = try ConfigurationParsing.choice($1) as SummationOrder }),
    integer(
      "validation", "last training images, held out to choose the best epoch by", \.validation,
      implied: 0),
    text("model", "model family", \.model),
    ConfigurationKey(
      name: "hidden", comment: "hidden layers of the encoder; the decoder has them in reverse",
      determinesResult: true, read: { .list($0.hidden) },
      write: { $0.hidden = try ConfigurationParsing.widths($1) }),
    ConfigurationKey(
      name: "channels", comment: "of conv's layers; the decoder has them in reverse",
      determinesResult: true, implied: .list([32, 64]), read: { .list($0.convolution.channels) },
      write: { $0.convolution.channels = try ConfigurationParsing.widths($1) }),
    integer("kernel", "side of conv's kernels", \.convolution.kernel, implied: 4),
    integer("stride", "step of conv's kernels", \.convolution.stride, implied: 2),
    integer("padding", "zeros around conv's images", \.convolution.padding, implied: 1),
    choice(
      "norm", "of conv's channels: none, batch or group", \.convolution.norm, implied: NormKind.none
    ),
    integer(
      "residual", "residual blocks behind each of conv's layers", \.convolution.residual, implied: 0
    ),
    choice(
      "upsampling", "in conv's decoder: transposed or nearest", \.convolution.upsampling,
      implied: .transposed),
    integer("latent", "latent dimensions", \.latent),
    choice("activation", "of the hidden layers", \.activation),
    choice("layer", "plain or gated hidden layers", \.layer, implied: .plain),
    choice(
      "init", "first weights: pytorch or glorot", \.initialisation,
      implied: WeightInitialisation.pytorch),
    choice(
      "output_bias", "first bias of the output: drawn, or by the mean of the data", \.outputBias,
      implied: OutputBias.drawn),
    ConfigurationKey(
      name: "log_variance", comment: "ends at which log-variances of q(z|x) are cut off",
      determinesResult: true,
      read: { $0.logVarianceBounds.map { .text("\($0.lowerBound),\($0.upperBound)") } },
      write: { $0.logVarianceBounds = try ConfigurationParsing.bounds($1) }),
    text(
      "likelihood", "p(x|z): \(LikelihoodRegistry.names.joined(separator: ", "))", \.likelihood),
    ConfigurationKey(
      name: "sigma",
      comment:
        "scale of a likelihood: \(Sigma.named.map(\.name).joined(separator: ", ")) or a number",
      determinesResult: true,
      read: { settings in
        if case .fixed(let value) = settings.sigma { return .number(value) }
        return .text(settings.sigma.description)
      }, write: { $0.sigma = try ConfigurationParsing.sigma($1) }),
    integer("levels", "of a categorical likelihood", \.levels, implied: 256),
    integer("components", "of a mixture likelihood", \.components, implied: 10),
    ConfigurationKey(
      name: "binarize", comment: "dynamic, static or none", determinesResult: true,
      read: { .text($0.binarization.rawValue) },
      write: { $0.binarize = try ConfigurationParsing.choice($1) as Binarization }),
    choice(
      "fit", "of ppca: \(PPCAFit.allCases.map(\.rawValue).joined(separator: ", "))", \.fit,
      implied: .closedForm),
    number("missing", "part of the training pixels hidden from ppca", \.missing, implied: 0),
    integer("epochs", "passes over the training images", \.epochs, determines: false),
    optionalInteger("max_steps", "stop after this many steps", \.maxSteps, determines: false),
    integer("batch_size", "images per step", \.batchSize),
    number("lr", "learning rate of Adam", \.learningRate),
    choice(
      "lr_schedule", "constant, cosine, exponential or staircase", \.learningRateSchedule,
      implied: .constant),
    number(
      "lr_epochs", "length of a cosine, or half-life of an exponential schedule",
      \.learningRateEpochs, implied: 100),
    number("adam_beta1", "decay of the first moment", \.adam.beta1, implied: 0.9),
    number("adam_beta2", "decay of the second moment", \.adam.beta2, implied: 0.999),
    number(
      "adam_epsilon", "added to the root of the second moment", \.adam.epsilon, implied: 1e-8),
    ConfigurationKey(
      name: "precision", comment: "of the operands of matrix products: fp32, tf32 or bf16",
      determinesResult: true, implied: .text(Precision.fp32.rawValue),
      read: { .text($0.precision.rawValue) },
      write: { $0.precision = try ConfigurationParsing.choice($1) }),
    text(
      "objective", "training loss: \(ObjectiveRegistry.names.joined(separator: ", "))",
      \.objective.name, implied: "elbo"),
    integer("samples", "draws of z per image in a step", \.objective.samples, implied: 1),
    choice(
      "kl", "of the ELBO: closed-form or monte-carlo", \.objective.kl, implied: .closedForm),
    choice(
      "gradient", "of iwae and miwae: reparameterised or dreg", \.objective.gradient,
      implied: .reparameterised),
    integer("groups", "of draws, each with a bound (miwae)", \.objective.groups, implied: 1),
    number("mixing", "part of the ELBO (ciwae)", \.objective.mixing, implied: 0.5),
    number(
      "free_bits", "nats of each latent that cost nothing (free-bits)", \.objective.freeBits,
      implied: 0.5),
    number(
      "capacity", "nats that the KL is to have after the warm-up (capacity)",
      \.objective.capacity, implied: 25),
    choice(
      "corruption", "of the images: gaussian or masking (denoising)", \.objective.corruption,
      implied: .gaussian),
    number(
      "corruption_level", "standard deviation of noise, or part of the pixels (denoising)",
      \.objective.corruptionLevel, implied: 0.3),
    number("beta", "weight of the KL term in the training loss", \.beta),
    choice(
      "beta_schedule", "how the weight goes to beta: constant, linear or cyclical",
      \.betaSchedule, implied: .constant),
    number("warmup", "epochs until a schedule reaches beta", \.warmup, implied: 10),
    ConfigurationKey(
      name: "seed", comment: "of initial weights, order and noise", determinesResult: true,
      read: { .integer(Int64(truncatingIfNeeded: $0.seed)) },
      write: { $0.seed = try ConfigurationParsing.seed($1) }),
    number("clip_norm", "largest gradient norm; 0: no clipping", \.clipNorm),
    integer(
      "patience", "stop after this many epochs without a better ELBO; 0: never", \.patience,
      determines: false),
    integer("log_every", "steps between lines of metrics", \.logEvery, determines: false),
    number(
      "save_every", "seconds between checkpoints within an epoch", \.saveEvery, determines: false),
  ]
}

/// The common kinds of setting.
extension ConfigurationKey {
  typealias Path<Value> = WritableKeyPath<RunConfiguration, Value> & Sendable

  private static func text(
    _ name: String, _ comment: String, _ path: Path<String>, determines: Bool = true,
    implied: String? = nil
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, comment: comment, determinesResult: determines,
      implied: implied.map { .text($0) },
      read: { .text($0[keyPath: path]) },
      write: { $0[keyPath: path] = try ConfigurationParsing.text($1) })
  }

  private static func integer(
    _ name: String, _ comment: String, _ path: Path<Int>, determines: Bool = true,
    implied: Int? = nil
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, comment: comment, determinesResult: determines,
      implied: implied.map { .integer(Int64($0)) },
      read: { .integer(Int64($0[keyPath: path])) },
      write: { $0[keyPath: path] = try ConfigurationParsing.integer($1) })
  }

  private static func optionalInteger(
    _ name: String, _ comment: String, _ path: Path<Int?>, determines: Bool = true
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, comment: comment, determinesResult: determines,
      read: { $0[keyPath: path].map { .integer(Int64($0)) } },
      write: { $0[keyPath: path] = try ConfigurationParsing.integer($1) })
  }

  private static func number(
    _ name: String, _ comment: String, _ path: Path<Double>, determines: Bool = true,
    implied: Double? = nil
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, comment: comment, determinesResult: determines,
      implied: implied.map { .number($0) },
      read: { .number($0[keyPath: path]) },
      write: { $0[keyPath: path] = try ConfigurationParsing.number($1) })
  }

  private static func choice<T: RawRepresentable & CaseIterable & SendableMetatype>(
    _ name: String, _ comment: String, _ path: Path<T>, implied: T? = nil
  ) -> ConfigurationKey where T.RawValue == String {
    ConfigurationKey(
      name: name, comment: comment, determinesResult: true,
      implied: implied.map { .text($0.rawValue) },
      read: { .text($0[keyPath: path].rawValue) },
      write: { $0[keyPath: path] = try ConfigurationParsing.choice($1) as T })
  }
}
