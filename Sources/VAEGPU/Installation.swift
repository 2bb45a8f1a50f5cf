import CKernels
import CPUBackend
import Compute
import OpenCLBackend

/// What a machine has that is no device.
package enum Installation {
  /// OpenCL platforms that the loader finds.
  package static var driverCount: Int { OpenCLDevice.platformCount }
  /// Drivers that are installed and offer no device.
  package static var driverProblems: [DriverProblem] { OpenCLDevice.driverProblems }
  /// Libraries of drivers that no `.icd` file names and that the loader was shown all the same.
  package static var unlistedDrivers: [String] { UnlistedDrivers.paths }
  /// Lets the system end this process, which may hang in a driver, when its parent ends.
  package static func endWithParent() { vae_end_with_parent() }

  /// Throws where VAE_GPU_ISA names an instruction set that this processor or program has not, or
  /// VAE_GPU_MATRIX a word that it does not take.
  package static func checkInstructions() throws(ComputeError) {
    _ = try InstructionSet.chosen()
    try MatrixInstructions.checkVariable()
  }

  /// The folder of compiled programs and other things kept between runs; nil where there is no home.
  package static var cacheDirectory: String? { ProgramCache.root }
}
