/// What a training run tells its caller.
public enum TrainingEvent: Sendable {
  /// Now and then between lines of metrics: where the run is.
  case progress(TrainingProgress)
  /// A line of metrics of the steps since the last one.
  case interval(MetricsLine)
  /// The validation or test set at the end of an epoch, or where the run ends within one.
  case evaluated(MetricsLine, isBest: Bool)
  /// A checkpoint is on disk.
  case saved(String)
}

/// Why a run ended.
public enum TrainingEnd: Sendable, Equatable {
  /// All epochs, or `maxSteps`.
  case completed
  /// `patience` epochs without a better ELBO.
  case stoppedEarly
  /// The caller asked for it; a checkpoint was saved.
  case interrupted
}

/// A step whose loss or gradient is not finite. The parameters stay as before that step, and nothing of it is saved.
public struct DivergenceError: Error, Sendable, CustomStringConvertible {
  /// The step, from 1.
  public var step: Int
  /// The first tensor, in order of execution, with a value that is not finite.
  public var tensor: String
  public var learningRate: Double
  /// Largest norm of the gradient; 0: no clipping.
  public var clipNorm: Double
  public var adamEpsilon: Double
  /// The checkpoint before it, if there is one.
  public var checkpoint: String?

  public var description: String {
    let saved =
      checkpoint.map { "the checkpoint of an earlier step is \($0)" } ?? "nothing was saved"
    return "training diverged at step \(step): the first tensor that is not finite is "
      + "'\(tensor)'; \(advice); \(saved)"
  }

  /// What to try, of what is not so already.
  private var advice: String {
    var steps = ["lower --lr (now \(learningRate))"]
    steps.append(
      clipNorm > 0 && clipNorm <= 1
        ? "lower --clip-norm (now \(clipNorm))" : "set --clip-norm 1")
    // Adam divides by it where a gradient is 0.
    if adamEpsilon < 1e-15 { steps.append("raise --adam-epsilon (now \(adamEpsilon))") }
    return steps.joined(separator: " or ")
  }
}
