import Compute
import Graph
import NeuralNetwork
import VAEModels

/// Everything that a training run is determined by, with the defaults of `vae-gpu train`.
public struct RunConfiguration: Sendable, Equatable {
  /// "fashion-mnist", "sprites" or a directory of IDX files.
  public var data = "fashion-mnist"
  /// "auto", "cpu", a device number or a fragment of a device name.
  public var device = "auto"
  /// Threads of the CPU backend; nil: all processors. Results do not depend on it.
  public var threads: Int?
  /// In which order matrix products add; nil: the fastest of the device.
  public var order: SummationOrder?
  /// The last training images that are held out to choose the best epoch by; 0: the test images choose it.
  public var validation = 0
  /// A name of `ModelRegistry`.
  public var model = "vae"
  /// Widths of the encoder's hidden layers; empty for a linear VAE.
  public var hidden = [400]
  /// Of a convolutional model.
  public var convolution = ConvolutionSettings()
  /// Dimensions of the latent space.
  public var latent = 20
  /// Of plain layers.
  public var activation = Activation.relu
  public var layer = LayerKind.plain
  /// Of first weights and biases.
  public var initialisation = WeightInitialisation.pytorch
  public var outputBias = OutputBias.drawn
  /// Ends at which log-variances of q(z|x) are cut off.
  public var logVarianceBounds: ClosedRange<Double>?
  /// A name of `LikelihoodRegistry`.
  public var likelihood = "bernoulli"
  /// Scale of a Gaussian, Laplace or logistic likelihood.
  public var sigma = Sigma.learned
  /// Of a categorical likelihood.
  public var levels = 256
  /// Of a mixture likelihood.
  public var components = 10
  /// nil: dynamic for a binary likelihood, none otherwise.
  public var binarize: Binarization?
  /// How PPCA is fitted.
  public var fit = PPCAFit.closedForm
  /// Part of the training pixels that PPCA is not shown, drawn by the seed.
  public var missing = 0.0
  public var epochs = 10
  /// Stops after this many steps of the whole run; nil: after `epochs`.
  public var maxSteps: Int?
  public var batchSize = 128
  public var learningRate = 1e-3
  public var learningRateSchedule = LearningRateSchedule.constant
  /// Epochs of a cosine schedule, or those in which an exponential one halves the rate.
  public var learningRateEpochs = 100.0
  /// Decay rates of Adam's moments, and what is added to the root of the second.
  public var adam = AdamSettings()
  /// Of the operands of matrix products in training steps. Evaluation is fp32 always, so that figures are those of the
  /// weights. bf16 is for the CPU backend and GPUs with matrix instructions, tf32 for these alone.
  public var precision = Precision.fp32
  /// The training loss.
  public var objective = ObjectiveConfiguration()
  /// Weight of the KL term in the training loss; figures always report the ELBO with weight 1.
  public var beta = 1.0
  /// How the weight goes to beta.
  public var betaSchedule = BetaSchedule.constant
  /// Epochs until a schedule reaches beta.
  public var warmup = 10.0
  public var seed: UInt64 = 0
  /// Largest norm of the gradient of all parameters; 0: no clipping.
  public var clipNorm = 0.0
  /// Stops after this many epochs without a better ELBO of the validation images, or of the test images where there
  /// are none; 0: never. Epochs of a linear warm-up do not count.
  public var patience = 0
  /// Steps between two lines of metrics.
  public var logEvery = 100
  /// Seconds between two checkpoints within an epoch; each epoch ends with one.
  public var saveEvery = 60.0

  public init() {}

  /// The binarisation in effect.
  public var binarization: Binarization {
    binarize
      ?? (LikelihoodRegistry.isBinary(modelConfiguration(image: ImageShape(height: 1, width: 1)))
        ? .dynamic : .none)
  }

  /// Whether training and figures take the posterior mean for z, as auto-encoders do.
  public var takesMeans: Bool { ObjectiveRegistry.namesTakingMeans.contains(objective.name) }

  public func modelConfiguration(image: ImageShape) -> ModelConfiguration {
    var result = ModelConfiguration(
      model: model, image: image, hidden: hidden, latent: latent, activation: activation,
      layer: layer, logVarianceBounds: logVarianceBounds, likelihood: likelihood, sigma: sigma,
      levels: levels, components: components)
    result.convolution = convolution
    result.initialisation = initialisation
    return result
  }
}

/// A setting that cannot be used.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  /// The configuration file, when the setting came from one.
  public var path: String?
  public var key: String
  public var problem: String

  public init(path: String? = nil, key: String, problem: String) {
    self.path = path
    self.key = key
    self.problem = problem
  }

  public var description: String { (path.map { "\($0): " } ?? "") + "\(key): \(problem)" }
}
