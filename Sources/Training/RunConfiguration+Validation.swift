import Compute
import Datasets
import VAEModels

extension RunConfiguration {
  package static let epochLimit = 1_000_000

  /// Throws for the first setting that makes no sense.
  public func validate() throws(ConfigurationError) {
    let model = modelConfiguration(image: ImageShape(height: 1, width: 1))
    try Self.checkSettings(of: model)
    try validatePPCA()
    try Self.check(!data.isEmpty, "data", "must name a data set or a directory")
    try validateOutputBias(of: model)
    try Self.check(
      ObjectiveRegistry.names.contains(objective.name), "objective",
      "unknown objective '\(objective.name)'; known: \(ObjectiveRegistry.names.joined(separator: ", "))"
    )
    try Self.size(validation, "validation", 0...1_000_000_000)
    try Self.size(objective.samples, "samples", 1...65_536)
    try Self.size(objective.groups, "groups", 1...65_536)
    try Self.check(
      objective.name != "miwae" || objective.samples.isMultiple(of: objective.groups), "groups",
      "\(objective.samples) samples cannot be parted into \(objective.groups) equal groups")
    let isBound = ["iwae", "miwae"].contains(objective.name) && beta == 1
    try Self.check(
      objective.gradient == .reparameterised || (isBound && betaSchedule == .constant), "gradient",
      "'dreg' is for the objectives iwae and miwae with a constant beta of 1")
    try Self.check(
      (0...1).contains(objective.mixing), "mixing", "must lie in 0 ... 1, not \(objective.mixing)")
    for (key, value) in [("free-bits", objective.freeBits), ("capacity", objective.capacity)] {
      try Self.real(value, key, "0 or a positive number of nats", orZero: true)
    }
    try Self.check(
      objective.corruptionLevel.isFinite && objective.corruptionLevel >= 0
        && (objective.corruption == .gaussian || objective.corruptionLevel <= 1)
        && Float(objective.corruptionLevel).isFinite,
      "corruption-level",
      "must be 0 or a positive number, of masking at most 1, not \(objective.corruptionLevel)")
    try Self.check(
      !takesMeans || objective.samples == 1, "samples",
      "\(objective.samples): the objective \(objective.name) draws no z")
    try Self.size(batchSize, "batch-size", 1...1_048_576)
    try Self.size(epochs, "epochs", 1...Self.epochLimit)
    if let maxSteps { try Self.size(maxSteps, "max-steps", 1...2_000_000_000) }
    if let threads { try Self.size(threads, "threads", 1...1024) }
    try Self.size(patience, "patience", 0...1_000_000)
    try Self.size(logEvery, "log-every", 1...1_000_000)
    try Self.real(learningRate, "lr", "a positive number")
    try Self.check(
      learningRateEpochs.isFinite && learningRateEpochs > 0, "lr-epochs",
      "must be a positive number of epochs, not \(learningRateEpochs)")
    for (key, value) in [("adam-beta1", adam.beta1), ("adam-beta2", adam.beta2)] {
      try Self.check(
        (0..<1).contains(value), key, "must be 0 or more and less than 1, not \(value)")
      try Self.check(
        Float(value) < 1, key,
        "\(value) is 1 in float32, which never forgets; give a smaller number")
    }
    try Self.real(adam.epsilon, "adam-epsilon", "a positive number")
    try Self.real(beta, "beta", "0 or a positive number", orZero: true)
    try Self.check(
      warmup.isFinite && warmup > 0, "warmup", "must be a positive number of epochs, not \(warmup)")
    try Self.real(clipNorm, "clip-norm", "0 (off) or a positive number", orZero: true)
    try Self.check(
      saveEvery >= 0, "save-every", "must be 0 or a positive number of seconds, not \(saveEvery)")
    try Self.check(seed <= UInt64(Int64.max), "seed", "must lie in 0 ... \(Int64.max), not \(seed)")
  }

  /// Throws for the first setting of a model that no model has, whatever the images.
  private static func checkSettings(of model: ModelConfiguration) throws(ConfigurationError) {
    try check(
      ModelRegistry.names.contains(model.model), "model",
      "unknown model '\(model.model)'; known: \(ModelRegistry.names.joined(separator: ", "))")
    try check(
      LikelihoodRegistry.names.contains(model.likelihood), "likelihood",
      "unknown likelihood '\(model.likelihood)'; known: "
        + LikelihoodRegistry.names.joined(separator: ", "))
    for width in model.hidden { try size(width, "hidden", 1...65_536) }
    try check(model.hidden.count <= 64, "hidden", "at most 64 layers, not \(model.hidden.count)")
    try size(model.latent, "latent", 1...65_536)
    let convolution = model.convolution
    for count in convolution.channels { try size(count, "channels", 1...65_536) }
    try check(
      (1...32).contains(convolution.channels.count), "channels",
      "1 to 32 layers, not \(convolution.channels.count)")
    try size(convolution.kernel, "kernel", 1...64)
    try size(convolution.stride, "stride", 1...64)
    try size(convolution.residual, "residual", 0...64)
    try size(convolution.padding, "padding", 0...63)
    if let bounds = model.logVarianceBounds {
      try check(
        bounds.lowerBound >= -30 && bounds.upperBound <= 20, "log-variance",
        "must lie in -30 ... 20, not \(bounds.lowerBound),\(bounds.upperBound)")
    }
    if case .fixed(let value) = model.sigma {
      try check(
        (1e-6...2e4).contains(value), "sigma",
        "must be \(ConfigurationParsing.sigmaChoices) in 1e-6 ... 2e4, not \(value)")
    }
    try check(
      model.sigma != .optimal || model.likelihood == "gaussian", "sigma",
      "'optimal' is for the gaussian likelihood, not for \(model.likelihood)")
    try size(model.levels, "levels", 2...256)
    try size(model.components, "components", 1...100)
  }

  private func validateOutputBias(of model: ModelConfiguration) throws(ConfigurationError) {
    guard outputBias == .data else { return }
    try Self.check(
      LikelihoodRegistry.make(model).outputBias(mean: 0.5) != nil, "output-bias",
      "'data' is for likelihoods whose output is a mean, not for \(likelihood)")
  }

  private func validatePPCA() throws(ConfigurationError) {
    try Self.check(
      (0..<1).contains(missing), "missing", "must be 0 or more and less than 1, not \(missing)")
    guard ModelRegistry.isLinear(model) else { return }
    try Self.check(hidden.isEmpty, "hidden", "\(model) has no hidden layers; give 'none'")
    try Self.check(
      likelihood == "gaussian" && sigma == .learned, "likelihood",
      "\(model) has a gaussian likelihood with learned sigma")
    try Self.check(
      binarization == .none, "binarize", "\(model) is for real numbers; give 'none'")
    let fitted = "\(model) is fitted, and begins with no weights of its own"
    try Self.check(initialisation == .pytorch, "init", fitted)
    try Self.check(outputBias == .drawn, "output-bias", fitted)
    try Self.check(
      logVarianceBounds == nil, "log-variance", "\(model) has the exact posterior, without bounds")
    try Self.check(
      missing == 0 || fit == .em, "missing",
      "\(missing): only 'em' fits images with missing pixels; give fit 'em'")
  }

  /// Throws for a model with settings that none has, and for one that its images do not fit.
  package static func check(_ model: ModelConfiguration) throws(ConfigurationError) {
    try checkSettings(of: model)
    for extent in [model.image.height, model.image.width, model.image.channels] {
      try size(extent, "image", 1...1 << 20)
    }
    try check(
      model.image.height * model.image.width * model.image.channels <= 1 << 24, "image",
      "\(model.image) has more than \(1 << 24) values")
    if let problem = ModelRegistry.problem(of: model) {
      throw ConfigurationError(key: "channels", problem: problem)
    }
    if let problem = ModelRegistry.make(model).layout.norms.lazy.compactMap(\.problem).first {
      throw ConfigurationError(key: "norm", problem: problem)
    }
  }

  /// Sets what a model implies and was not given.
  package mutating func adaptToModel(given: Set<String>) {
    let implied = ModelRegistry.implied(model)
    if let hidden = implied.hidden, !given.contains("hidden") { self.hidden = hidden }
    if let likelihood = implied.likelihood, !given.contains("likelihood") {
      self.likelihood = likelihood
    }
  }

  /// The data set with the validation images held out, unless they are already.
  package func parts(of data: ImageDataset) throws(ConfigurationError) -> ImageDataset {
    guard data.validation == nil else { return data }
    try Self.check(
      validation < data.train.count, "validation",
      "\(validation) images cannot be held out of the \(data.train.count) training images of "
        + "\(data.name)")
    do {
      return try data.holdingOut(validation)
    } catch {
      throw ConfigurationError(key: "validation", problem: error.problem)
    }
  }

  /// Throws for a precision that is not among those of a device.
  package static func check(
    _ precision: Precision, _ precisions: Set<Precision>, of device: DeviceInfo, advice: String
  ) throws(ConfigurationError) {
    try check(
      precisions.contains(precision), "precision",
      "\(precision.rawValue) is for \(precision == .bf16 ? "the CPU backend and " : "")GPUs with matrix "
        + "instructions for it, and \(device.name) is "
        + (device.index == nil ? "the CPU backend" : "an OpenCL device without") + "; "
        + (precision == .bf16 ? advice : "leave --precision out"))
  }

  private static func check(_ holds: Bool, _ key: String, _ problem: String)
    throws(ConfigurationError)
  {
    guard holds else { throw ConfigurationError(key: key, problem: problem) }
  }

  /// A positive number, or 0, that float32 has: kernels compute in it.
  private static func real(
    _ value: Double, _ key: String, _ kind: String, orZero: Bool = false
  ) throws(ConfigurationError) {
    try check(
      value.isFinite && (value > 0 || (orZero && value == 0)), key, "must be \(kind), not \(value)")
    try check(
      value == 0 || Float(value).isNormal, key,
      "\(value) is outside of float32; give a number in 1.2e-38 ... 3.4e38")
  }

  private static func size(
    _ value: Int, _ key: String, _ range: ClosedRange<Int>
  ) throws(ConfigurationError) {
    try check(
      range.contains(value), key,
      "must be a whole number in \(range.lowerBound) ... \(range.upperBound), not \(value)")
  }
}
