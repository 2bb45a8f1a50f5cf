import CKernels
import Compute

/// The texts of the engine's own products.
extension GemmVariant {
  /// The source and the options of the program of one product; nil for CLBlast.
  func program(
    for multiply: MatrixMultiply, instructions: MatrixInstructions?
  ) -> (source: String, options: String)? {
    switch self {
    case .clblast: return nil
    case .panel(let rows, let vector, let depth, _, let panels):
      var options = [
        "-DROWS=\(rows)", "-DVECTOR=\(vector)", "-DDEPTH=\(depth)", "-DPANELS=\(panels)",
        "-DTRANSPOSE_A=\(multiply.transposeA ? 1 : 0)",
        "-DTRANSPOSE_B=\(multiply.transposeB ? 1 : 0)",
      ]
      if let epilogue = multiply.epilogue {
        let isColumn = if case .column = epilogue.operand { 1 } else { 0 }
        options += ["-DEPILOGUE=\(epilogue.function)_of", "-DEPILOGUE_COLUMN=\(isColumn)"]
      }
      if multiply.rowSums != nil { options.append("-DROW_SUMS") }
      return (OpenCLBackend.source(vae_opencl_gemm_panel()), options.joined(separator: " "))
    case .tiled, .matrix:
      let kernel = vae_opencl_gemm_tiled_kernel().map { String(cString: $0) } ?? ""
      let source =
        Self.shared(multiply.precision, instructions)
        + function("gemm_of", for: multiply, instructions, undefines: false) + kernel
      return (OpenCLBackend.source(source), "")
    }
  }

  /// What products of a precision share in a program.
  static func shared(_ precision: Precision, _ instructions: MatrixInstructions?) -> String {
    let step =
      switch precision {
      case .fp32: 0
      case .tf32: 1
      case .bf16: 2
      }
    let shared = vae_opencl_gemm_tiled_shared().map { String(cString: $0) } ?? ""
    let attribute =
      precision == .fp32 || instructions?.isEmulated == true
      ? "" : instructions?.layout.attribute ?? ""
    return "#define MATRIX_STEP \(step)\n#define SUB_GROUPS \(attribute)\n"
      + (instructions ?? MatrixInstructions(.mma, isEmulated: true)).definitions + shared
  }

  /// The function of a product of `gemm_tiled.cl`.
  ///
  /// - Parameter undefines: whether another function may follow it.
  func function(
    _ name: String, for multiply: MatrixMultiply, _ instructions: MatrixInstructions?,
    undefines: Bool
  ) -> String {
    let text = vae_opencl_gemm_tiled().map { String(cString: $0) } ?? ""
    let names = definitions(name, for: multiply, instructions)
    return names.map { "#define \($0.0) \($0.1)\n" }.joined() + text
      + (undefines
        ? names.map { "#undef \($0.0.prefix { $0 != "(" })\n" }.joined() : "")
  }

  private func definitions(
    _ name: String, for multiply: MatrixMultiply, _ instructions: MatrixInstructions?
  ) -> [(String, String)] {
    func flag(_ value: Bool) -> String { value ? "1" : "0" }
    var tile: [(String, Int)]
    switch self {
    case .clblast, .panel: return []
    case .tiled(let m, let n, let k, let rows, let columns, let split):
      tile = [
        ("TILE_M", m), ("TILE_N", n), ("TILE_K", k), ("ROWS_EACH", rows), ("COLUMNS_EACH", columns),
        ("SPLIT_K", split),
      ]
    case .matrix(let m, let n, let k, let rows, let columns, let split, _):
      tile = [
        ("TILE_M", m), ("TILE_N", n), ("TILE_K", k), ("WARP_M", rows), ("WARP_N", columns),
        ("SPLIT_K", split),
      ]
    }
    let byteCount = localByteCount(multiply.precision, instructions)
    tile += [("ITEMS", items), ("MEMORY_WORDS", (byteCount + 15) / 16 * 4)]
    var result = [("GEMM_NAME", name)] + tile.map { ($0.0, String($0.1)) }
    result += [
      ("TRANSPOSE_A", flag(multiply.transposeA)), ("TRANSPOSE_B", flag(multiply.transposeB)),
      ("ALIGNED_A", flag((multiply.transposeA ? multiply.m : multiply.k) % 4 == 0)),
      ("ALIGNED_B", flag((multiply.transposeB ? multiply.k : multiply.n) % 4 == 0)),
      ("ALIGNED_C", flag(multiply.n % 4 == 0)),
    ]
    if multiply.rowSums != nil { result.append(("ROW_SUMS", "")) }
    if let epilogue = multiply.epilogue {
      let element =
        if case .column = epilogue.operand { "(j)" } else { "(size_t)(i) * n + (j)" }
      result += [
        ("HAS_OPERAND", ""),
        ("FINISHED(x, i, j)", "\(epilogue.function)_of((x), operand[\(element)])"),
      ]
    } else {
      result.append(("FINISHED(x, i, j)", "(x)"))
    }
    return result
  }

  /// Floats of the partial sums of a product, and words of the counters of its tiles; nil where k
  /// is not shared.
  func workspace(_ multiply: MatrixMultiply) -> (parts: Int, arrivals: Int)? {
    guard split > 1, let tile else { return nil }
    let tilesM = (multiply.m + tile.m - 1) / tile.m
    let tiles = tilesM * ((multiply.n + tile.n - 1) / tile.n)
    let sums = multiply.rowSums == nil ? 0 : split * tilesM * tile.m
    return (split * tiles * tile.m * tile.n + sums, tiles)
  }
}
