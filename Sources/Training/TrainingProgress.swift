/// Where a run stands. With the weights and moments it is all that a resume needs.
public struct TrainingProgress: Sendable, Equatable {
  /// Steps taken in the whole run.
  public var step = 0
  /// Finished epochs.
  public var epoch = 0
  /// Images of the current epoch already used.
  public var position = 0
  /// The best test ELBO at the end of an epoch, and how many epochs ago it was.
  public var bestELBO: Double?
  public var epochsSinceBest = 0

  public init() {}
}
