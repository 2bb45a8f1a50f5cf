import CPUBackend
import Compute
import OpenCLBackend

extension Device {
  /// The device that launches of `self` are timed on one by one: an OpenCL device opened a second time, with a queue that
  /// keeps times. nil for the CPU backend, which needs no other.
  package func openedForProfiling() throws(ComputeError) -> Device? {
    guard let backend = backend as? OpenCLBackend else { return nil }
    return Device(
      try OpenCLBackend(
        backend.device, gemm: backend.gemmChoice, order: backend.order, profiling: true))
  }

  /// Whether the device's programs were compiled by an earlier process; nil where there is nothing to compile.
  package var programsAreFromCache: Bool? {
    (backend as? OpenCLBackend)?.programs.areFromCache
  }
}
