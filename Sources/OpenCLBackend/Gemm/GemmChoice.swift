import Compute

/// Which kernel runs a matrix product on a device.
package enum GemmChoice: Sendable {
  /// What was measured on the device, else on a device like it, else a guess by the type of the device.
  case tuned(GemmVerdicts?)
  /// The guess alone.
  case untuned
  /// CLBlast for every product, with these parameters.
  case clblast(CLBlastParameters)
  /// One kernel for every product, for tests and tuning.
  case fixed(GemmVariant)

  /// Names that `--gemm` takes.
  package static let names = ["tuned", "untuned", "clblast"]

  /// - Parameter vector: floats in a vector of a device that is a processor; nil for other devices.
  package func variant(for shape: GemmShape, vector: Int?) -> GemmVariant {
    switch self {
    case .tuned(let verdicts):
      verdicts?.variant(for: shape) ?? Self.guess(vector)
    case .untuned: Self.guess(vector)
    case .clblast: .clblast
    case .fixed(let variant): variant
    }
  }

  /// CLBlast's parameters where CLBlast is chosen.
  var clblast: CLBlastParameters {
    switch self {
    case .tuned(let verdicts): verdicts?.clblast ?? .stock
    case .clblast(let parameters): parameters
    case .untuned, .fixed: .stock
    }
  }

  /// Processors have vector registers and no local memory of their own; CLBlast is at home on the rest.
  private static func guess(_ vector: Int?) -> GemmVariant {
    guard let vector else { return .clblast }
    // As many rows as leave two registers of 32, or of 16, for a row of the panel.
    let rows = vector == 16 ? 12 : 6
    return .panel(rows: rows, vector: vector, depth: 256, groupRows: 11 * rows, panels: 2)
  }
}
