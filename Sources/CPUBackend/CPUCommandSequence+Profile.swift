import Compute

extension CPUCommandSequence {
  /// A clock around each command of a whole run, so that caches are as in training.
  func profile() throws(ComputeError) -> [Double] {
    var seconds: [Double] = []
    seconds.reserveCapacity(count)
    var last = monotonicSeconds()
    for command in commands {
      command.run(on: pool)
      let now = monotonicSeconds()
      seconds.append(now - last)
      last = now
    }
    return seconds
  }
}
