import CPUBackend
import Compute
import OpenCLBackend
import Training

/// The OpenCL programs that a GPU may be given for the named workloads.
package enum ProgramListing {
  /// The operations, and every candidate of tuning for every form of matrix product that a
  /// training step or an evaluation of a workload has. No OpenCL device is needed.
  package static func all() throws -> [ListedProgram] {
    let products = try Workload.all.flatMap {
      try Tuning.products(of: $0.configuration, data: $0.images())
    }
    return OpenCLBackend.programs(multiplying: products, on: GemmTarget.graphicsProcessors)
  }
}
