import Compute

extension Trainer {
  /// Takes `count` training steps, epoch after epoch, without evaluation, metrics or checkpoints, and waits for them.
  /// Gives the training loss of each; a step that is not finite gives a loss that is not finite.
  package func runSteps(_ count: Int) throws -> [Double] {
    var losses: [Double] = []
    for _ in 0..<count {
      try reachNextBatch()
      try takeStep()
      if window.count == optimizer.slots { losses += try drainLosses() }
    }
    return losses + (try drainLosses())
  }

  /// Takes `count` steps launch by launch and gives the times of each launch: [step][launch]. An OpenCL device must have been
  /// opened for profiling.
  package func profileSteps(_ count: Int) throws -> [[LaunchProfile]] {
    var times: [[LaunchProfile]] = []
    for _ in 0..<count {
      try reachNextBatch()
      try takeStep { times.append(try $0.profile()) }
      _ = try drainLosses()
    }
    return times
  }

  /// Takes `count` steps, each on an idle device, and gives the seconds until the host had enqueued each.
  package func enqueueSteps(_ count: Int) throws -> [Double] {
    var seconds: [Double] = []
    for _ in 0..<count {
      try reachNextBatch()
      try vae.device.backend.synchronize()
      let start = monotonicSeconds()
      try takeStep()
      seconds.append(monotonicSeconds() - start)
      _ = try drainLosses()
    }
    return seconds
  }

  /// Bytes on the device of what a training step works on: parameters, gradients, Adam's moments, intermediates, and the
  /// training images with their order.
  package func deviceByteCount(rows: Int) throws -> Int {
    let buffers = [
      vae.parameters, optimizer.gradients, optimizer.firstMoments, optimizer.secondMoments,
      train.pixels, train.order,
    ]
    return buffers.reduce(try step(rows: rows).program.arenaByteCount) { $0 + $1.byteCount }
  }

  /// Goes to the next epoch where this one is at its end, and puts its order of samples on the device.
  private func reachNextBatch() throws {
    if progress.position >= train.source.count {
      progress.epoch += 1
      progress.position = 0
    }
    if progress.position == 0 { try beginEpoch() }
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
