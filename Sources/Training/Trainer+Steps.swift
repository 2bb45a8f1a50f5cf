import Compute

extension Trainer {
  /// Takes `count` training steps, epoch after epoch, without evaluation, metrics or checkpoints, and waits for them.
  /// Gives the training loss of each; a step that is not finite gives a loss that is not finite.
  package func runSteps(_ count: Int) throws -> [Double] {
    var losses: [Double] = []
    for _ in 0..<count {
      if progress.position >= train.source.count {
        progress.epoch += 1
        progress.position = 0
      }
      if progress.position == 0 { try beginEpoch() }
      try takeStep()
      if window.count == optimizer.slots { losses += try drainLosses() }
    }
    return losses + (try drainLosses())
  }

  private func drainLosses() throws -> [Double] {
    guard window.count > 0 else { return [] }
    let history = try vae.device.backend.downloadReals(
      BufferView(optimizer.history), count: 4 * window.count)
    _ = window.take(history)
    _ = window.means()
    return stride(from: 0, to: history.count, by: 4).map { history[$0] }
  }
}
