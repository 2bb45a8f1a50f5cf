import COpenCL
import Compute
import Glibc

/// How a device multiplies small matrices in one instruction (Kernels/matrix_step.h).
package enum MatrixInstructions: Sendable {
  /// NVIDIA's `mma.sync` for tf32 and bf16: compute capability 8.0 and later.
  case nvidia
  /// The same in plain OpenCL C, which is slow: for tests.
  case emulated

  /// MATRIX_NATIVE of the kernels.
  var number: Int {
    switch self {
    case .nvidia: 1
    case .emulated: 0
    }
  }

  /// Names that `VAE_GPU_MATRIX` takes: none at all, or the emulation.
  private static let variable = "VAE_GPU_MATRIX"

  static func of(_ device: OpenCLDevice) -> MatrixInstructions? {
    guard device.info.type != .cpu else { return nil }
    switch getenv(variable).map({ String(cString: $0) }) {
    case "off": return nil
    case "emulated": return .emulated
    default: break
    }
    // CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV of cl_nv_device_attribute_query.
    guard GemmTarget(device).vendor == .nvidia else { return nil }
    let capability: cl_uint = OpenCLDevice.scalar(device.id, 0x4000, 0)
    return capability >= 8 ? .nvidia : nil
  }
}
