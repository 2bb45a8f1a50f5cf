import Compute
import FileFormats

extension Trainer {
  /// Goes on from the last checkpoint of the output directory, or from the best one where that is the only one: the process before
  /// ended between the two. Without either the run starts at step 0.
  ///
  /// Throws `FileError.mismatch` for a checkpoint of another model, seed or data set, and `FileError.malformed` for a damaged one;
  /// the best one does not take its place unasked, for it may be much older.
  public func resume() throws {
    try claimOutput()
    guard let output else { return }
    do {
      if try resume(from: output.last) { return }
    } catch let error as FileError where error.code == .malformed {
      throw advised(error, best: output.best)
    }
    if try resume(from: output.best) { isLastMissing = true }
  }

  /// Keeps other processes away from the output directory.
  func claimOutput() throws { output = try output?.claimed() }

  /// False where there is no such file.
  private func resume(from path: String) throws -> Bool {
    guard !PathStatus.isMissing(path) else { return false }
    let checkpoint = try Checkpoint.read(path, layout: vae.layout)
    try check(checkpoint, path: path)
    try vae.setWeights(checkpoint.weights)
    try vae.writeArena(optimizer.firstMoments, checkpoint.firstMoments)
    try vae.writeArena(optimizer.secondMoments, checkpoint.secondMoments)
    progress = checkpoint.progress
    window = MetricsWindow(goingOnFrom: checkpoint.interval)
    resumedFrom = path
    return true
  }

  private func check(_ checkpoint: Checkpoint, path: String) throws {
    guard checkpoint.dataset == datasetName else {
      throw FileError(
        .mismatch, path: path,
        problem: "was trained on '\(checkpoint.dataset)', the data set now is '\(datasetName)'")
    }
    guard checkpoint.configuration == configuration.fingerprint else {
      throw FileError(
        .mismatch, path: path,
        problem: "was trained with other settings: \(checkpoint.configuration)",
        advice: "now: \(configuration.fingerprint)")
    }
    let progress = checkpoint.progress
    guard progress.position <= train.source.count else {
      throw FileError(
        .malformed, path: path,
        problem: "its position \(progress.position) lies beyond the \(train.source.count) images")
    }
    let room = Self.stepLimit - progress.step
    guard stepsToCome(from: progress) <= room else {
      throw FileError(
        .malformed, path: path,
        problem: "its step \(progress.step) leaves no room for the steps to come: a run has at "
          + "most \(Self.stepLimit)")
    }
  }

  /// The kernels take 32 bits of a step's number.
  private static let stepLimit = Int(UInt32.max)

  /// The most steps that a run takes from `progress` on.
  private func stepsToCome(from progress: TrainingProgress) -> Int {
    let left = max(0, configuration.epochs - progress.epoch) * batches.count
    return min(left, configuration.maxSteps.map { max(0, $0 - progress.step) } ?? left)
  }

  /// Throws `ConfigurationError` for a run with more steps than can be counted.
  func checkLength() throws(ConfigurationError) {
    guard stepsToCome(from: TrainingProgress()) > Self.stepLimit else { return }
    throw ConfigurationError(
      key: "epochs",
      problem: "\(configuration.epochs) epochs of \(batches.count) steps are more than the "
        + "\(Self.stepLimit) steps that a run may have; lower it or set max-steps")
  }

  /// The error of a damaged last checkpoint, with the way to the best one where that is whole.
  private func advised(_ error: FileError, best path: String) -> FileError {
    guard let best = try? Checkpoint.read(path, layout: vae.layout),
      (try? check(best, path: path)) != nil
    else { return error }
    return FileError(
      error.code, path: error.path, problem: error.problem,
      advice: "\(path) is whole and stands at step \(best.progress.step): remove the damaged file, "
        + "and --resume goes on from there")
  }
}
