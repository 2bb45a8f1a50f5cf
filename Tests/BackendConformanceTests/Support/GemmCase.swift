import Compute
import OpenCLBackend
import Testing

/// A way to run a matrix product, for one layout and one end: a program of its own.
struct GemmCase: Sendable, CustomTestStringConvertible {
  let variant: GemmVariant
  /// Of the operands: tf32 and bf16 are for matrix instructions, which are emulated where a device
  /// has none.
  var precision = Precision.fp32
  /// Of the matrix instructions.
  var layout = MatrixLayout.mma
  var transposeA = false
  var transposeB = false
  var epilogue: GemmProblem.Epilogue?
  var sumsRows = false

  var testDescription: String {
    "\(variant.name)\(precision == .fp32 ? "" : " \(precision.rawValue) \(layout)"), \(transposeA ? "T" : "N")\(transposeB ? "T" : "N")"
      + (epilogue.map { ", \($0.function)" } ?? "") + (sumsRows ? ", row sums" : "")
  }

  /// Layouts as BLAS writes them: "NT" is A B'.
  private static func cases(
    _ variant: GemmVariant, _ layouts: String..., bias: [String] = [], gradients: [String] = [],
    rowSums: Bool = false, precision: Precision = .fp32, layout: MatrixLayout = .mma
  ) -> [GemmCase] {
    cases(variant, layouts, bias: bias, gradients: gradients, rowSums: rowSums).map {
      var gemm = $0
      (gemm.precision, gemm.layout) = (precision, layout)
      return gemm
    }
  }

  private static func cases(
    _ variant: GemmVariant, _ layouts: [String], bias: [String], gradients: [String],
    rowSums: Bool
  ) -> [GemmCase] {
    let plain = layouts.map {
      GemmCase(
        variant: variant, transposeA: $0.first == "T", transposeB: $0.last == "T")
    }
    // As a training step has them: x W' + b forward, dy W backward, dy' x for the weights.
    let ends =
      bias.map { GemmCase(variant: variant, transposeB: true, epilogue: .bias("bias_\($0)")) }
      + gradients.map { GemmCase(variant: variant, epilogue: .gradient("\($0)_gradient")) }
    return plain + ends
      + (rowSums ? [GemmCase(variant: variant, transposeA: true, sumsRows: true)] : [])
  }

  /// Every layout and every end in each family. Few, because each is compiled: PoCL takes a second for one.
  static let all: [GemmCase] = [
    cases(
      .panel(rows: 8, vector: 16, depth: 128, groupRows: 128, panels: 1), "NN", "NT", "TN", "TT",
      bias: ["identity"], gradients: ["gelu"]),
    cases(
      .panel(rows: 6, vector: 8, depth: 16, groupRows: 16, panels: 2), "TN", bias: ["relu"],
      rowSums: true),
    cases(
      .panel(rows: 12, vector: 16, depth: 64, groupRows: 16, panels: 3), "TT",
      gradients: ["relu"]),
    cases(
      .panel(rows: 8, vector: 16, depth: 64, groupRows: 300, panels: 4), "TN",
      bias: ["leaky_relu"]),
    [
      GemmCase(
        variant: .panel(rows: 8, vector: 8, depth: 64, groupRows: 128, panels: 1),
        transposeA: true, epilogue: .bias("bias_relu"), sumsRows: true)
    ],
    cases(.tiled(m: 64, n: 64, k: 16, rows: 4, columns: 4, split: 1), "NN", "TT"),
    cases(.tiled(m: 64, n: 64, k: 16, rows: 8, columns: 8, split: 1), "NT", rowSums: true),
    cases(
      .tiled(m: 64, n: 32, k: 16, rows: 8, columns: 4, split: 3), "TT", gradients: ["relu"],
      rowSums: true),
    cases(
      .matrix(m: 32, n: 32, k: 16, rows: 16, columns: 32, split: 1), "NN", "TT", bias: ["relu"],
      rowSums: true, precision: .tf32),
    cases(
      .matrix(m: 32, n: 64, k: 32, rows: 32, columns: 16, split: 3), gradients: ["relu"],
      rowSums: true, precision: .tf32),
    cases(
      .matrix(m: 32, n: 32, k: 32, rows: 16, columns: 16, split: 1), "NN", "TT", bias: ["relu"],
      rowSums: true, precision: .bf16),
    cases(
      .matrix(m: 64, n: 32, k: 16, rows: 32, columns: 32, split: 2), gradients: ["relu"],
      rowSums: true, precision: .bf16),
    cases(
      .matrix(m: 64, n: 64, k: 16, rows: 32, columns: 32, split: 1, lanes: 64), "TT",
      bias: ["relu"], rowSums: true, precision: .tf32, layout: .mfma),
    cases(
      .matrix(m: 16, n: 16, k: 16, rows: 16, columns: 16, split: 1, lanes: 64), "NN", "TT",
      bias: ["relu"], rowSums: true, precision: .bf16, layout: .mfma),
    cases(
      .matrix(m: 32, n: 32, k: 32, rows: 16, columns: 32, split: 2), "NN", "TT", bias: ["relu"],
      rowSums: true, precision: .bf16, layout: .wmma),
    cases(
      .matrix(m: 32, n: 64, k: 32, rows: 16, columns: 32, split: 1, lanes: 16), "NN",
      bias: ["relu"], rowSums: true, precision: .bf16, layout: .xmx16),
    cases(
      .matrix(m: 32, n: 32, k: 16, rows: 16, columns: 8, split: 3, lanes: 8), "TT",
      gradients: ["relu"], rowSums: true, precision: .bf16, layout: .xmx8),
    cases(
      .tiled(m: 16, n: 16, k: 8, rows: 4, columns: 4, split: 1), bias: ["relu"], rowSums: true),
    cases(
      .tiled(m: 16, n: 32, k: 32, rows: 4, columns: 4, split: 1), gradients: ["gelu"]),
    cases(
      .tiled(m: 32, n: 32, k: 16, rows: 4, columns: 4, split: 2), bias: ["relu"],
      rowSums: true),
    cases(
      .tiled(m: 16, n: 16, k: 32, rows: 4, columns: 4, split: 4), "NN",
      gradients: ["tanh_activation"]),
    cases(
      .clblast, "NN", "NT", "TN", "TT", bias: ["relu"], gradients: ["softplus"], rowSums: true),
  ].flatMap { $0 }.filter { TestNames.isSelected($0.testDescription) }

  /// The cases on every OpenCL device, but for kernels that need more local memory or larger work-groups than it has.
  static let onDevices: [(GemmCase, TestDevice)] = TestDevice.allOpenCL.flatMap { device in
    all.filter { gemm in
      gemm.device(device).map { gemm.variant.runs(on: $0, gemm.precision) } ?? false
    }
    .map { ($0, device) }
  }

  /// The OpenCL device, with the matrix instructions of the case: its own, or emulated ones.
  private func device(_ device: TestDevice) -> OpenCLDevice? {
    guard var openCL = device.openCLDevice else { return nil }
    if openCL.matrixInstructions?.layout != layout {
      openCL.matrixInstructions = MatrixInstructions(layout, isEmulated: true)
    }
    return openCL
  }

  struct Extents: Sendable, CustomTestStringConvertible {
    let m, n, k: Int
    var testDescription: String { "\(m) x \(n) x \(k)" }
  }

  /// Straddle tiles, panels, groups of rows and blocks of k; many rows of a transposed A are packed in several blocks.
  var sizes: [Extents] {
    let sizes =
      TestSizes.isSmall
      ? [(1, 1, 1), (33, 3, 9), (3, 33, 17), (17, 31, 33)]
      : [
        (1, 1, 1), (1, 130, 3), (3, 31, 130), (31, 33, 1), (33, 1, 65), (64, 64, 64),
        (65, 3, 33), (130, 65, 31), (33, 130, 64), (64, 33, 300), (130, 130, 33),
      ]
    var tall: [(Int, Int, Int)] = []
    if case .panel(_, _, _, groupRows: 300, _) = variant, transposeA {
      tall = [TestSizes.isSmall ? (305, 33, 2) : (565, 165, 70)]
    }
    return (sizes + tall).map { Extents(m: $0.0, n: $0.1, k: $0.2) }
  }

  func problem(_ m: Int, _ n: Int, _ k: Int) -> GemmProblem {
    var problem = GemmProblem(
      m, n, k, transposeA: transposeA, transposeB: transposeB, epilogue: epilogue,
      sumsRows: sumsRows)
    problem.precision = precision
    return problem
  }

  /// A backend of the device that runs every product in this way, opened once per process.
  @MainActor func open(on device: TestDevice) throws -> OpenCLBackend {
    let key = "\(device.testDescription) \(variant.name) \(precision) \(layout)"
    if let backend = Self.opened[key] { return backend }
    let backend = try OpenCLBackend(
      try #require(self.device(device)), cache: ProgramCache(directory: nil),
      gemm: .fixed(variant))
    Self.opened[key] = backend
    return backend
  }

  @MainActor private static var opened: [String: OpenCLBackend] = [:]
}
