import Compute

extension Program {
  /// Runs every command once and gives the times of each launch, in the order of `launches`.
  package func profile() throws(ComputeError) -> [LaunchProfile] { try sequence.profile() }
}
