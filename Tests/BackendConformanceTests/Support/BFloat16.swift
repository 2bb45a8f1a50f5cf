import CKernels
import Testing

/// A kernel for bf16 operands that this machine has.
struct BF16Kernel: Sendable, CustomTestStringConvertible {
  let kind: vae_bf16_kernel

  static let all = [VAE_BF16_PORTABLE, VAE_BF16_AVX512, VAE_BF16_AMX]
    .filter { vae_bf16_is_available($0) != 0 }.map(BF16Kernel.init)

  var testDescription: String {
    switch kind {
    case VAE_BF16_AMX: "AMX"
    case VAE_BF16_AVX512: "AVX-512"
    default: "portable"
    }
  }

  /// The upper halves of the bits of values, rounded by the kernel.
  func round(_ values: [Float]) -> [UInt16] {
    var result: [UInt16] = []
    for start in stride(from: 0, to: values.count, by: 32) {
      let group = values[start..<min(start + 32, values.count)]
      let padded = Array(group) + [Float](repeating: 0, count: 32 - group.count)
      var rounded = [UInt16](repeating: 0, count: 32)
      vae_bf16_round(nil, kind, padded, &rounded)
      result += rounded.prefix(group.count)
    }
    return result
  }

  /// Rows `rows` and columns `columns` of a product; the rest of C is -7. Behind A and B lies NaN.
  func tile(_ problem: GemmProblem, _ rows: Range<Int>, _ columns: Range<Int>) -> [Float] {
    problem.afterCompute { gemm in
      vae_gemm_bf16_tile(
        &gemm, kind, rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound)
    }
  }

  func whole(_ problem: GemmProblem) -> [Float] { tile(problem, 0..<problem.m, 0..<problem.n) }
}

extension Double {
  /// The nearest number with 8 bits of significand, ties to even; 0 for what is subnormal in float32. By arithmetic in
  /// float64, not on bits.
  var roundedToBF16: Double {
    guard isFinite, self != 0 else { return self }
    guard magnitude >= 0x1p-126 else { return sign == .minus ? -0.0 : 0 }
    let unit = Double(sign: .plus, exponent: exponent - 7, significand: 1)
    let rounded = (self / unit).rounded(.toNearestOrEven) * unit
    return rounded.magnitude < 0x1p128 ? rounded : rounded * .infinity
  }
}

extension GemmProblem {
  /// The same with rounded operands.
  var rounded: GemmProblem {
    var problem = self
    problem.a = a.map(\.roundedToBF16)
    problem.b = b.map(\.roundedToBF16)
    return problem
  }
}
