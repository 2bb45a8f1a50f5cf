import CKernels
import COpenCL
import Compute

/// One way to run a matrix product on an OpenCL device.
package enum GemmVariant: Hashable, Sendable {
  /// CLBlast's routine; epilogues are launches of their own.
  case clblast
  /// Kernels/gemm_panel.cl: register tiles of `rows` by two vectors of `vector` floats; panels of two vectors by `depth` values
  /// of k; `groupRows` rows by `panels` panels a work-group.
  case panel(rows: Int, vector: Int, depth: Int, groupRows: Int, panels: Int)
  /// Kernels/gemm_tiled.cl: tiles of `m` x `n` by `groupM` x `groupN` work-items, `k` deep in local memory, k shared by
  /// `split` work-groups.
  case tiled(m: Int, n: Int, k: Int, groupM: Int, groupN: Int, split: Int)

  /// For traces, such as "gemm 8x32x256".
  package var name: String {
    switch self {
    case .clblast: "CLBlast gemm"
    case .panel(let rows, let vector, let depth, let groupRows, let panels):
      "gemm panel \(rows)x\(2 * vector)x\(depth)/\(groupRows)x\(panels)"
    case .tiled(let m, let n, let k, let groupM, let groupN, let split):
      "gemm tiled \(m)x\(n)x\(k)/\(groupM)x\(groupN)" + (split > 1 ? " split \(split)" : "")
    }
  }

  /// Whether every element is summed over k in order, so that the bits are those of the CPU backend.
  package var keepsOrder: Bool {
    if case .tiled(_, _, _, _, _, let split) = self { split == 1 } else { true }
  }

  /// The source and the options of its program; nil for CLBlast.
  func program(for multiply: MatrixMultiply) -> (source: String, options: String)? {
    let source: UnsafePointer<CChar>?
    var options: [String]
    switch self {
    case .clblast: return nil
    case .panel(let rows, let vector, let depth, _, let panels):
      source = vae_opencl_gemm_panel()
      options = [
        "-DROWS=\(rows)", "-DVECTOR=\(vector)", "-DDEPTH=\(depth)", "-DPANELS=\(panels)",
      ]
    case .tiled(let m, let n, let k, let groupM, let groupN, let split):
      source = vae_opencl_gemm_tiled()
      options = [
        "-DTILE_M=\(m)", "-DTILE_N=\(n)", "-DTILE_K=\(k)", "-DGROUP_M=\(groupM)",
        "-DGROUP_N=\(groupN)", "-DSPLIT_K=\(split)",
      ]
    }
    options += [
      "-DTRANSPOSE_A=\(multiply.transposeA ? 1 : 0)",
      "-DTRANSPOSE_B=\(multiply.transposeB ? 1 : 0)",
    ]
    if let epilogue = multiply.epilogue {
      let isColumn = if case .column = epilogue.operand { 1 } else { 0 }
      options += ["-DEPILOGUE=\(epilogue.function)_of", "-DEPILOGUE_COLUMN=\(isColumn)"]
    }
    if multiply.rowSums != nil { options.append("-DROW_SUMS") }
    return (OpenCLBackend.source(source), options.joined(separator: " "))
  }

  /// Work-groups of the product, those that only sum rows, and the size of one.
  func launchSize(_ shape: GemmShape) -> (groups: Int, rowSumGroups: Int, items: Int) {
    func ceiling(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
    let (m, n) = (shape.m, shape.n)
    switch self {
    case .clblast: return (0, 0, 0)
    case .panel(_, let vector, _, let groupRows, let panels):
      return (ceiling(n, 2 * vector * panels) * ceiling(m, groupRows), 0, 1)
    case .tiled(let tileM, let tileN, _, let groupM, let groupN, let split):
      let items = groupM * groupN
      return (ceiling(m, tileM) * ceiling(n, tileN) * split, ceiling(m, items), items)
    }
  }

  /// Rows of C of a work-group, an argument of the kernel.
  var groupRows: Int {
    if case .panel(_, _, _, let groupRows, _) = self { groupRows } else { 0 }
  }

  /// Most bytes of local memory of a work-group.
  package var localByteCount: Int {
    switch self {
    case .clblast: 0
    case .panel(_, let vector, let depth, _, let panels): depth * (2 * vector * panels + 256) * 4
    case .tiled(let m, let n, let k, _, _, _): k * (m + n + 2) * 4
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
  package func fits(_ device: OpenCLDevice) -> Bool { fits(GemmTarget(device)) }

  package func fits(_ target: GemmTarget) -> Bool {
    if case .panel(_, let vector, _, _, _) = self,
      target.type != .cpu || vector != target.vectorWidth
    {
      return false
    }
    return runs(on: target)
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
  package func runs(on device: OpenCLDevice) -> Bool { runs(on: GemmTarget(device)) }

  package func runs(on target: GemmTarget) -> Bool {
    let one = GemmShape(m: 1, n: 1, k: 1, transposeA: false, transposeB: false)
    return localByteCount <= target.localByteCount && launchSize(one).items <= target.workGroupSize
  }
}
