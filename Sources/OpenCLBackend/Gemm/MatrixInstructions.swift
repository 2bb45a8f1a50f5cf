import COpenCL
import Compute
import Glibc

/// How a device multiplies small matrices in one instruction (Kernels/matrix_step.h).
package struct MatrixInstructions: Hashable, Sendable {
  package var layout: MatrixLayout
  /// Whether plain OpenCL C does what the instruction does, which is slow: for tests.
  package var isEmulated: Bool

  package init(_ layout: MatrixLayout, isEmulated: Bool = false) {
    self.layout = layout
    self.isEmulated = isEmulated
  }

  /// The definitions that a program begins with.
  var definitions: String {
    "#define MATRIX_LAYOUT \(layout.rawValue)\n#define MATRIX_NATIVE \(isEmulated ? 0 : 1)\n"
  }

  /// Takes `off`, `emulated` (NVIDIA's layout) or `emulated-` and the name of a layout.
  static let variable = "VAE_GPU_MATRIX"

  /// The instructions of a device; nil: there are none, or none are wanted.
  static func of(_ device: OpenCLDevice) -> MatrixInstructions? {
    guard device.info.type != .cpu else { return nil }
    if let wanted = getenv(variable).map({ String(cString: $0) }), !wanted.isEmpty {
      guard wanted.hasPrefix("emulated") else { return nil }
      let layout = MatrixLayout.allCases.first { wanted == "emulated-\($0)" }
      return MatrixInstructions(layout ?? .mma, isEmulated: true)
    }
    return MatrixLayout.of(device).map { MatrixInstructions($0) }
  }
}
