import COpenCL
import Compute

/// What the choice of a kernel for a product depends on.
package struct GemmTraits: Sendable, Equatable {
  /// Floats in a vector of a device that is a processor; nil for other devices.
  package var vector: Int?
  package var computeUnits: Int

  package init(vector: Int?, computeUnits: Int) {
    self.vector = vector
    self.computeUnits = computeUnits
  }

  package init(_ device: OpenCLDevice) {
    vector = device.info.type == .cpu ? GemmVariant.vectorWidth(of: device) : nil
    computeUnits = max(device.info.computeUnits, 1)
  }
}

extension OpenCLDevice {
  /// What matrix products can be asked for: other precisions are for devices with matrix instructions.
  package var precisions: Set<Precision> {
    matrixInstructions == nil ? [.fp32] : [.fp32, .tf32, .bf16]
  }
}
