/// Times of one launch in a profile, in seconds.
package struct LaunchProfile: Sendable, Equatable {
  /// From the start of the launch to its end.
  package var seconds: Double
  /// Time that the device was idle before it, since the launch in front of it ended; 0 for the first of a run.
  package var gap: Double
  /// From the call that enqueued the launch to its start; nil where nothing is enqueued, or several kernels are.
  package var queued: Double?

  package init(seconds: Double, gap: Double = 0, queued: Double? = nil) {
    self.seconds = seconds
    self.gap = gap
    self.queued = queued
  }
}
