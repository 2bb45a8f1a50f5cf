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

  /// The kernels for a shape, best first: the first that can be taken runs it, else the last.
  package func variants(
    for shape: GemmShape, precision: Precision = .fp32, order: SummationOrder = .exact,
    target: GemmTarget
  ) -> [GemmVariant] {
    let guesses = GemmGuess(shape: shape, precision: precision, order: order, target: target)
      .variants
    let chosen: [GemmVariant] =
      switch self {
      case .tuned(let verdicts): [verdicts?.variant(for: shape, precision, order)].compactMap { $0 }
      case .untuned: []
      // CLBlast knows float32 alone.
      case .clblast: precision == .fp32 ? [.clblast] : []
      case .fixed(let variant): [variant]
      }
    return switch self {
    case .fixed: chosen
    case .clblast: chosen.isEmpty ? guesses : chosen
    case .tuned, .untuned: chosen + guesses
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
}
