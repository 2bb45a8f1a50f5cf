import FileFormats

/// What belongs to the end of a run and comes after its last save. A process that is killed there leaves it undone, and the one
/// that resumes the run makes it.
extension Trainer {
  /// Makes the evaluation that a run ends with, where it ends within an epoch or its line of metrics is missing, and the best
  /// checkpoint. False if the caller wants to stop before that is done.
  func completeFiles(
    shouldStop: () -> Bool, _ onEvent: (TrainingEvent) throws -> Void
  ) throws -> Bool {
    let isWithinEpoch = progress.position > 0
    if log.map({ $0.last[chooser.split.rawValue]?.step != progress.step }) ?? isWithinEpoch {
      guard let evaluation = try evaluateForChoice(stop: shouldStop) else { return false }
      let line = choiceLine(evaluation, epoch: progress.epoch + (isWithinEpoch ? 1 : 0))
      try output?.checkPresence()
      try log?.append(line)
      if isWithinEpoch { try keepUnrated() }
      try onEvent(.evaluated(line, isBest: false))
    } else if isWithinEpoch {
      try keepUnrated()
    }
    try restoreBest()
    return true
  }

  /// Writes the state of a run that ends within its first epoch as the best one, unless it is that already.
  private func keepUnrated() throws {
    guard let output, progress.bestELBO == nil else { return }
    let best = try? Checkpoint.read(output.best, layout: vae.layout)
    if best?.progress != progress { try saveBest() }
  }

  /// Writes the best checkpoint where it is missing and, by the metrics, the present state is the best one.
  func restoreBest() throws {
    guard let output, progress.position == 0, let bestELBO = progress.bestELBO,
      let line = log?.last[chooser.split.rawValue], line.step == progress.step,
      line.elbo == bestELBO, PathStatus.isMissing(output.best)
    else { return }
    try saveBest()
  }
}
