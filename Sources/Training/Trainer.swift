import Compute
import Datasets
import FileFormats
import Graph
import VAEModels

/// Trains a VAE on the training images of a data set and follows it on the validation images, or on the test images where none are
/// held out.
///
/// Two runs with one configuration give the same bits on one device; a run resumed from a checkpoint gives the bits of
/// one that was never stopped.
public final class Trainer {
  public let configuration: RunConfiguration
  public let vae: VAE
  public internal(set) var progress = TrainingProgress()

  var output: RunDirectory?
  package let train: DeviceImages
  package let evaluator: Evaluator
  /// What the best epoch is chosen by: the validation images, or the test images where none are held out.
  let chooser: (evaluator: Evaluator, split: Split)
  package let inputs: StepInputs
  package let optimizer: OptimizerState
  let datasetName: String
  package let batches: Batches
  var steps: [Int: TrainingStep] = [:]
  var window = MetricsWindow()
  /// The weight of the KL term in the last step; nil before the first of this process.
  var lastBeta: Double?
  /// The steps that the device knows of, this one and those behind it.
  private var staged: ArraySlice<StepInputs.Step> = []
  var log: MetricsLog?
  /// The checkpoint that `resume` went on from; nil for a run that began here.
  public internal(set) var resumedFrom: String?
  /// The run went on from its best checkpoint, and its last one is not there yet.
  var isLastMissing = false
  var lastSave = monotonicSeconds()
  let started = monotonicSeconds()

  /// - Parameters:
  ///   - output: where metrics and checkpoints go; nil keeps everything in memory.
  ///   - resuming: the checkpoint to go on from.
  ///
  /// Throws `ConfigurationError` for settings that make no sense, among them a precision that the device has not, `ComputeError` from the device.
  public init(
    _ configuration: RunConfiguration, data: ImageDataset, device: Device,
    output: RunDirectory? = nil
  ) throws {
    try configuration.validate()
    try RunConfiguration.check(
      configuration.precision, device.backend.precisions, of: device.info,
      advice: "open the device 'cpu'")
    let data = try configuration.parts(of: data)
    self.configuration = configuration
    self.output = output
    let image = ImageShape(
      height: data.train.height, width: data.train.width, channels: data.train.channels)
    vae = try VAE(
      configuration.modelConfiguration(image: image), device: device, seed: configuration.seed)
    batches = try configuration.batches(of: data.train.count, norms: vae.layout.norms)
    if configuration.outputBias == .data { try vae.setOutputBias(data.train) }
    let backend = device.backend
    train = try DeviceImages(data.train, backend: backend)
    evaluator = try Evaluator(
      vae, images: DeviceImages(data.test, backend: backend),
      binarization: configuration.binarization, takesMeans: configuration.takesMeans)
    chooser =
      if let validation = data.validation {
        (
          try Evaluator(
            vae, images: DeviceImages(validation, backend: backend),
            binarization: configuration.binarization, takesMeans: configuration.takesMeans),
          .validation
        )
      } else {
        (evaluator, .test)
      }
    let slots = min(configuration.logEvery, 1024)
    inputs = try StepInputs(backend, slots: slots)
    optimizer = try OptimizerState(vae, slots: slots)
    datasetName = Checkpoint.dataset(data.name, count: data.train.count, image: image)
    try checkLength()
  }

  /// The kind of the figures: see `Evaluation`.
  var bound: String {
    FigureKind.bound(
      configuration.binarization, isBinary: vae.model.likelihood.isBinary,
      takesMeans: configuration.takesMeans)
  }
  var binarizationName: String {
    FigureKind.binarization(configuration.binarization, isBinary: vae.model.likelihood.isBinary)
  }

  /// The recorded step for a number of rows: those of `batches.sizes`.
  package func step(rows: Int) throws -> TrainingStep {
    if let step = steps[rows] { return step }
    let step = try TrainingStep(
      vae, rows: rows, images: train, optimizer: optimizer, inputs: inputs,
      binarization: configuration.binarization, objective: configuration.objective,
      clipNorm: configuration.clipNorm, adam: configuration.adam,
      precision: configuration.precision,
      replays: rows == configuration.batchSize
    )
    steps[rows] = step
    return step
  }

  /// Puts the order of an epoch's samples on the device.
  func beginEpoch() throws {
    let philox = Philox(
      seed: configuration.seed, purpose: .shuffle, step: UInt32(progress.epoch))
    try train.setOrder(philox.permutation(count: train.source.count))
  }

  /// One step at the current position; `run` runs its program.
  func takeStep(_ run: (Program) throws -> Void = { try $0.run() }) throws {
    let rows = batches.rows(at: progress.position)
    let step = try step(rows: rows)
    try stageSteps()
    try run(step.program)
    window.add(rows: rows)
    lastBeta = beta(position: progress.position)
    progress.step += 1
    progress.position += rows
  }

  /// Sees to it that the device knows the step at the current position. Each step hands over to the next, so the host
  /// writes only where an epoch or the history begins anew.
  private func stageSteps() throws {
    let next = stepInputs(number: progress.step, position: progress.position, slot: window.count)
    if staged.first == next {
      staged.removeFirst()
      return
    }
    var steps: [StepInputs.Step] = []
    var position = progress.position
    while position < batches.images, window.count + steps.count < optimizer.slots {
      steps.append(
        stepInputs(
          number: progress.step + steps.count, position: position, slot: window.count + steps.count)
      )
      position += batches.rows(at: position)
    }
    try inputs.write(steps)
    staged = steps.dropFirst()
  }

  func stepInputs(number: Int, position: Int, slot: Int) -> StepInputs.Step {
    StepInputs.Step(
      seed: configuration.seed, number: number, batchStart: position, slot: slot,
      learningRate: learningRate(position: position), beta: beta(position: position),
      capacity: capacity(position: position), adam: configuration.adam)
  }

  /// The weight of the KL term in a step at a position of the present epoch.
  func beta(position: Int) -> Double {
    configuration.beta
      * configuration.betaSchedule.weight(
        epochs: epochs(position: position), warmup: configuration.warmup)
  }

  private func learningRate(position: Int) -> Double {
    configuration.learningRate
      * configuration.learningRateSchedule.weight(
        epochs: epochs(position: position), length: configuration.learningRateEpochs)
  }

  /// C of the capacity objective: from 0 over the warm-up.
  private func capacity(position: Int) -> Double {
    configuration.objective.capacity
      * BetaSchedule.linear.weight(
        epochs: epochs(position: position), warmup: configuration.warmup)
  }

  private func epochs(position: Int) -> Double {
    Double(progress.epoch) + Double(position) / Double(train.source.count)
  }

  /// The test set, whole.
  public func evaluate(samples: Int, stop: () -> Bool = { false }) throws -> Evaluation? {
    try evaluator.evaluate(samples: samples, seed: configuration.seed, stop: stop)
  }
}
