import COpenCL
import Compute

/// One way to run a matrix product on an OpenCL device.
package enum GemmVariant: Hashable, Sendable {
  /// CLBlast's routine; epilogues are launches of their own.
  case clblast
  /// Kernels/gemm_panel.cl: register tiles of `rows` by two vectors of `vector` floats; panels of two vectors by `depth` values
  /// of k; `groupRows` rows by `panels` panels a work-group.
  case panel(rows: Int, vector: Int, depth: Int, groupRows: Int, panels: Int)
  /// Kernels/gemm_tiled.cl: tiles of `m` x `n`, `k` deep in local memory, k shared by `split`
  /// work-groups; a work-item has `rows` x `columns` elements.
  case tiled(m: Int, n: Int, k: Int, rows: Int, columns: Int, split: Int)
  /// The same by matrix instructions: `lanes` work-items have `rows` x `columns` elements.
  case matrix(m: Int, n: Int, k: Int, rows: Int, columns: Int, split: Int, lanes: Int = 32)

  /// For traces, such as "gemm tiled 32x32x16/4x4 split 7".
  package var name: String {
    switch self {
    case .clblast: "CLBlast gemm"
    case .panel(let rows, let vector, let depth, let groupRows, let panels):
      "gemm panel \(rows)x\(2 * vector)x\(depth)/\(groupRows)x\(panels)"
    case .tiled(let m, let n, let k, let rows, let columns, let split):
      "gemm tiled \(m)x\(n)x\(k)/\(rows)x\(columns)" + (split > 1 ? " split \(split)" : "")
    case .matrix(let m, let n, let k, let rows, let columns, let split, let lanes):
      "gemm matrix \(m)x\(n)x\(k)/\(rows)x\(columns)"
        + (lanes == 32 ? "" : " by \(lanes)") + (split > 1 ? " split \(split)" : "")
    }
  }

  /// Whether every element is summed over k in order by fused multiply-adds, so that the bits are
  /// those of the CPU backend.
  package var keepsOrder: Bool {
    switch self {
    case .clblast, .panel: true
    case .tiled: split == 1
    case .matrix: false
    }
  }

  /// Whether it multiplies operands of a precision.
  package func takes(_ precision: Precision) -> Bool {
    if case .matrix = self { precision != .fp32 } else { precision == .fp32 }
  }

  /// Work-groups that share the k of a tile.
  package var split: Int {
    switch self {
    case .clblast, .panel: 1
    case .tiled(_, _, _, _, _, let split), .matrix(_, _, _, _, _, let split, _): split
    }
  }

  /// Rows and columns of C of a work-group of `gemm_tiled.cl`; nil for the others.
  package var tile: (m: Int, n: Int)? {
    switch self {
    case .clblast, .panel: nil
    case .tiled(let m, let n, _, _, _, _), .matrix(let m, let n, _, _, _, _, _): (m, n)
    }
  }

  /// Work-items of a work-group; 0 for CLBlast, which chooses them itself.
  package var items: Int {
    switch self {
    case .clblast: 0
    case .panel: 1
    case .tiled(let m, let n, _, let rows, let columns, _): m / rows * (n / columns)
    case .matrix(let m, let n, _, let rows, let columns, _, let lanes):
      lanes * (m / rows) * (n / columns)
    }
  }

  /// Work-groups of a product.
  package func groups(_ shape: GemmShape) -> Int {
    func ceiling(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
    return switch self {
    case .clblast: 0
    case .panel(_, let vector, _, let groupRows, let panels):
      ceiling(shape.n, 2 * vector * panels) * ceiling(shape.m, groupRows)
    case .tiled(let m, let n, _, _, _, let split), .matrix(let m, let n, _, _, _, let split, _):
      ceiling(shape.m, m) * ceiling(shape.n, n) * split
    }
  }

  /// Rows of C of a work-group, an argument of the panel kernel.
  var groupRows: Int {
    if case .panel(_, _, _, let groupRows, _) = self { groupRows } else { 0 }
  }

  /// Bytes of local memory of a work-group: two tiles of each operand, with what spreads their
  /// rows over the banks, and where the matrix instruction is emulated what its lanes tell each
  /// other. A word has two values of k in bf16.
  package func localByteCount(_ precision: Precision, _ instructions: MatrixInstructions?) -> Int {
    switch self {
    case .clblast: 0
    case .panel(_, let vector, let depth, _, let panels): depth * (2 * vector * panels + 256) * 4
    case .tiled(let m, let n, let k, _, _, _): max(2 * k * (m + n + 8), 4 * items) * 4
    case .matrix(let m, let n, let k, _, _, _, let lanes):
      max(
        2 * (precision == .bf16 ? k / 2 : k) * (m + n + 16)
          + (instructions.map {
            $0.isEmulated ? items / lanes * 8 * ($0.layout.step.m + $0.layout.step.n) : 0
          } ?? 0),
        4 * items) * 4
    }
  }

  /// Floats in a vector of the panel kernel: 16 where the device has registers for them, else 8.
  static func vectorWidth(of device: OpenCLDevice) -> Int {
    let native: cl_uint = OpenCLDevice.scalar(
      device.id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 1)
    return native >= 16 ? 16 : 8
  }

  /// Whether a device can run the variant and is of its kind: panels are for processors with
  /// vectors of that width.
  package func fits(_ device: OpenCLDevice, _ precision: Precision = .fp32) -> Bool {
    fits(GemmTarget(device), precision)
  }

  package func fits(_ target: GemmTarget, _ precision: Precision = .fp32) -> Bool {
    if case .panel(_, let vector, _, _, _) = self,
      target.type != .cpu || vector != target.vectorWidth
    {
      return false
    }
    return runs(on: target, precision)
  }

  /// Whether the kernel finds the operands in their buffers: CLBlast counts elements from the
  /// beginning in an `int`.
  package func reaches(_ multiply: MatrixMultiply) -> Bool {
    self != .clblast
      || [multiply.a, multiply.b, multiply.c].allSatisfy {
        ($0.byteOffset + $0.byteCount) / MemoryLayout<Float>.size <= Int(Int32.max)
      }
  }

  /// Whether a device has the local memory and the work-group size that the variant needs.
  package func runs(on device: OpenCLDevice, _ precision: Precision = .fp32) -> Bool {
    runs(on: GemmTarget(device), precision)
  }

  package func runs(on target: GemmTarget, _ precision: Precision = .fp32) -> Bool {
    guard takes(precision), target.precisions.contains(precision) else { return false }
    if case .matrix(_, _, _, let rows, let columns, _, let lanes) = self {
      guard let layout = target.matrixInstructions?.layout, lanes == layout.lanes,
        rows % layout.step.m == 0, columns % layout.step.n == 0
      else { return false }
    }
    return localByteCount(precision, target.matrixInstructions) <= target.localByteCount
      && items <= target.workGroupSize
  }
}
