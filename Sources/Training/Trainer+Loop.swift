import Compute
import FileFormats

extension Trainer {
  /// Runs until the configured end, early stopping, or `shouldStop`, which is asked before every step.
  ///
  /// Throws `DivergenceError` at the first step that is not finite; `FileError` if a checkpoint cannot be written (the
  /// one before stays intact), writeFailed where the directory of the run is gone.
  @discardableResult
  public func train(
    onEvent: (TrainingEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TrainingEnd {
    do {
      return try takeSteps(onEvent: onEvent, shouldStop: shouldStop)
    } catch let error as FileError {
      // Name the directory where a file failed because its directory is gone.
      try output?.checkPresence()
      throw error
    }
  }

  private func takeSteps(
    onEvent: (TrainingEvent) throws -> Void, shouldStop: () -> Bool
  ) throws -> TrainingEnd {
    try claimOutput()
    if let output, log == nil {
      log = try MetricsLog(output.metrics, progress: progress, isAtEpochEnd: isAtEpochEnd)
    }
    if isLastMissing { try save(onEvent) }
    isLastMissing = false
    try restoreBest()
    window.restartClock()
    lastSave = monotonicSeconds()
    var lastProgress = lastSave
    while !isComplete && !hasLostPatience {
      try beginEpoch()
      while !isAtEpochEnd && !isComplete {
        if shouldStop() { return try interrupt(onEvent) }
        try takeStep()
        if window.count == optimizer.slots { try readHistory() }
        if progress.step % configuration.logEvery == 0 { try logInterval(onEvent) }
        let now = monotonicSeconds()
        if now - lastProgress > 0.2 {
          lastProgress = now
          try output?.checkPresence()
          try onEvent(.progress(progress))
        }
        if configuration.saveEvery > 0 && now - lastSave > configuration.saveEvery {
          try readHistory()
          try save(onEvent)
        }
      }
      if isComplete {
        try logInterval(onEvent)
        try save(onEvent)
      } else if try !endEpoch(shouldStop: shouldStop, onEvent) {
        return try interrupt(onEvent)
      }
    }
    guard try completeFiles(shouldStop: shouldStop, onEvent) else { return .interrupted }
    return isComplete ? .completed : .stoppedEarly
  }

  /// Seconds of the whole run, earlier processes up to their last line of metrics counted in.
  private var seconds: Double { monotonicSeconds() - started + (log?.secondsBefore ?? 0) }

  /// An epoch whose steps are all taken is evaluated before the run ends.
  private var isComplete: Bool {
    progress.epoch >= configuration.epochs
      || !isAtEpochEnd && configuration.maxSteps.map { progress.step >= $0 } ?? false
  }

  private var isAtEpochEnd: Bool { progress.position >= train.source.count }

  private var hasLostPatience: Bool {
    configuration.patience > 0 && progress.epochsSinceBest >= configuration.patience
  }

  /// Whether the weight of the KL term is still on its way to beta, for good.
  private var isWarmingUp: Bool {
    configuration.betaSchedule == .linear && Double(progress.epoch) < configuration.warmup
  }

  func evaluateForChoice(stop: () -> Bool = { false }) throws -> Evaluation? {
    try chooser.evaluator.evaluate(samples: 1, seed: configuration.seed, stop: stop)
  }

  /// Reads the steps that wait on the device and looks for one that is not finite.
  private func readHistory() throws {
    guard window.count > 0 else { return }
    let rows = window.pending
    let history = try vae.device.backend.downloadReals(
      BufferView(optimizer.history), count: 4 * window.count)
    guard let bad = window.take(history) else { return }
    // The optimizer has held the parameters since that step; go back to it, replay it and look.
    let after = rows[bad...].reduce(0, +)
    progress.position -= after
    progress.step -= rows.count - bad
    let number = progress.step
    try inputs.write(stepInputs(number: number, position: progress.position, slot: 0))
    // The history holds what is looked for; it must not be found there.
    let blank = [Double](repeating: 0, count: 4 * optimizer.slots)
    try vae.device.backend.upload(reals: blank, to: BufferView(optimizer.history))
    let tensor = try step(rows: rows[bad]).program.firstNonFiniteTensor()
    throw divergence(step: number + 1, tensor: tensor ?? "gradient norm")
  }

  private func logInterval(_ onEvent: (TrainingEvent) throws -> Void) throws {
    try readHistory()
    guard !window.isEmpty else { return }
    let means = window.means()
    let line = MetricsLine(
      step: progress.step, epoch: progress.epoch + 1, split: "train",
      elbo: means.logLikelihood - means.kl, logLikelihood: means.logLikelihood, kl: means.kl,
      beta: lastBeta ?? beta(position: progress.position), bound: bound,
      binarization: binarizationName,
      imagesPerSecond: means.imagesPerSecond, seconds: seconds,
      loss: means.loss, gradientNorm: means.norm)
    try output?.checkPresence()
    try log?.append(line)
    try onEvent(.interval(line))
  }

  /// Evaluates, keeps the best, saves. False if the caller wants to stop before that is done; the epoch then counts as
  /// unfinished and its evaluation is made on resume.
  private func endEpoch(
    shouldStop: () -> Bool, _ onEvent: (TrainingEvent) throws -> Void
  ) throws -> Bool {
    try logInterval(onEvent)
    guard let evaluation = try evaluateForChoice(stop: shouldStop) else { return false }
    // NaN and infinities are never the best: no later ELBO would compare as better.
    let isBest = evaluation.elbo.isFinite && progress.bestELBO.map { evaluation.elbo > $0 } ?? true
    let line = choiceLine(evaluation, epoch: progress.epoch + 1)
    progress.epoch += 1
    progress.position = 0
    progress.epochsSinceBest = isBest || isWarmingUp ? 0 : progress.epochsSinceBest + 1
    if isBest { progress.bestELBO = evaluation.elbo }
    try log?.append(line)
    if isBest { try saveBest() }
    try save(onEvent)
    try onEvent(.evaluated(line, isBest: isBest))
    window.restartClock()
    return true
  }

  private func interrupt(_ onEvent: (TrainingEvent) throws -> Void) throws -> TrainingEnd {
    try readHistory()
    try save(onEvent)
    return .interrupted
  }

  func choiceLine(_ evaluation: Evaluation, epoch: Int) -> MetricsLine {
    MetricsLine(
      step: progress.step, epoch: epoch, split: chooser.split.rawValue, elbo: evaluation.elbo,
      logLikelihood: evaluation.logLikelihood, kl: evaluation.kl,
      beta: lastBeta ?? beta(position: progress.position),
      bound: evaluation.bound, binarization: evaluation.binarization,
      imagesPerSecond: evaluation.imagesPerSecond, seconds: seconds)
  }
}
