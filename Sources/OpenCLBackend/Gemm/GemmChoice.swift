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
  ///
  /// - Parameter vector: floats in a vector of a device that is a processor; nil for other devices.
  package func variants(for shape: GemmShape, vector: Int?) -> [GemmVariant] {
    switch self {
    case .tuned(let verdicts):
      [verdicts?.variant(for: shape)].compactMap { $0 } + Self.guesses(vector)
    case .untuned: Self.guesses(vector)
    case .clblast: [.clblast]
    case .fixed(let variant): [variant]
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

  /// Processors have vector registers and no local memory of their own: panels. Other devices get
  /// CLBlast, and the tiled kernel for matrices that CLBlast cannot reach.
  private static func guesses(_ vector: Int?) -> [GemmVariant] {
    guard let vector else {
      return [.clblast, .tiled(m: 64, n: 64, k: 16, groupM: 16, groupN: 16, split: 1)]
    }
    // As many rows as leave two registers of 32, or of 16, for a row of the panel.
    let rows = vector == 16 ? 12 : 6
    let panels = [256, 128, 64, 32, 16].map { depth in
      GemmVariant.panel(
        rows: rows, vector: vector, depth: depth, groupRows: 11 * rows, panels: 2)
    }
    return panels + [.clblast]
  }
}
