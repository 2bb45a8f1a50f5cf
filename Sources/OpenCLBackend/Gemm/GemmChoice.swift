import Compute

/// Which kernel runs a matrix product on a device.
package enum GemmChoice: Sendable {
  /// What was measured on the device, else on a device like it, else a guess by the type of the device.
  case tuned(GemmVerdicts?)
  /// The guess alone.
  case untuned
  /// CLBlast for every product.
  case clblast
  /// One kernel for every product, for tests and tuning.
  case fixed(GemmVariant)

  /// Names that `--gemm` takes.
  package static let names = ["tuned", "untuned", "clblast"]

  package func variant(for shape: GemmShape, isProcessor: Bool) -> GemmVariant {
    switch self {
    case .tuned(let verdicts):
      verdicts?.variant(for: shape) ?? Self.guess(isProcessor: isProcessor)
    case .untuned: Self.guess(isProcessor: isProcessor)
    case .clblast: .clblast
    case .fixed(let variant): variant
    }
  }

  /// Processors have vector registers and no local memory of their own; CLBlast is at home on the rest.
  private static func guess(isProcessor: Bool) -> GemmVariant {
    isProcessor ? .panel(rows: 8, depth: 256, groupRows: 128) : .clblast
  }
}
