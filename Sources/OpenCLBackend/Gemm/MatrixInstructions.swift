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

  /// The environment variable that turns matrix instructions off or emulates them.
  private static let variable = "VAE_GPU_MATRIX"

  /// Maps each word that the variable takes to the instructions that it stands for.
  private static let wishes: [String: MatrixInstructions?] = {
    var wishes: [String: MatrixInstructions?] = [
      "off": nil, "emulated": MatrixInstructions(.mma, isEmulated: true),
    ]
    for layout in MatrixLayout.allCases {
      wishes["emulated-\(layout)"] = MatrixInstructions(layout, isEmulated: true)
    }
    return wishes
  }()

  private static var wanted: String { getenv(variable).map { String(cString: $0) } ?? "" }

  /// Throws `ComputeError` where VAE_GPU_MATRIX is a word that it does not take.
  package static func checkVariable() throws(ComputeError) {
    guard wanted.isEmpty || wishes[wanted] != nil else {
      throw ComputeError(
        .deviceNotFound, operation: "\(variable)=\(wanted)",
        detail: "it takes \(wishes.keys.sorted().joined(separator: ", "))")
    }
  }

  /// The instructions of a device; nil: there are none, or none are wanted.
  static func of(_ device: OpenCLDevice) -> MatrixInstructions? {
    guard device.info.type != .cpu else { return nil }
    return wishes[wanted] ?? MatrixLayout.of(device).map { MatrixInstructions($0) }
  }
}
