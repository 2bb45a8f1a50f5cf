import Compute

extension CPUCommandSequence {
  /// A clock around each command of a whole run, so that caches are as in training.
  func profile() throws(ComputeError) -> [LaunchProfile] {
    var times: [LaunchProfile] = []
    times.reserveCapacity(count)
    var last = monotonicSeconds()
    for command in commands {
      command.run(on: pool)
      let now = monotonicSeconds()
      times.append(LaunchProfile(seconds: now - last))
      last = now
    }
    return times
  }
}
