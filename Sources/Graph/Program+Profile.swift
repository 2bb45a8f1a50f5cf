import Compute

extension Program {
  /// Runs every command once and gives the seconds that the device spent on each launch, in the order of `launches`.
  package func profile() throws(ComputeError) -> [Double] { try sequence.profile() }
}
