import Compute
import TestSupport
import Testing

/// A matrix product with its operands, to be run by any backend.
struct GemmProblem {
  /// What becomes of each element: a function of Kernels/epilogues.h, and whether its operand is a row.
  struct Epilogue: Sendable, Equatable {
    var function: String
    var isColumn: Bool

    static func bias(_ function: String) -> Epilogue {
      Epilogue(function: function, isColumn: true)
    }
    static func gradient(_ function: String) -> Epilogue {
      Epilogue(function: function, isColumn: false)
    }
  }

  enum Kind: Equatable {
    case finite, nan, infinity, negativeInfinity

    init(_ value: Float) {
      self =
        value.isNaN
        ? .nan : value.isFinite ? .finite : value > 0 ? .infinity : .negativeInfinity
    }
  }

  struct Result: Equatable {
    /// Bit patterns; every NaN is the same.
    var c: [UInt32]
    var rowSums: [UInt32]
    /// The first elements behind C and behind the row sums that are not as they were.
    var overrun: [Int?]

    var values: [Double] { c.map { Double(Float(bitPattern: $0)) } }
    var sums: [Double] { rowSums.map { Double(Float(bitPattern: $0)) } }
    var kinds: [Kind] { (c + rowSums).map { Kind(Float(bitPattern: $0)) } }
  }

  let m: Int
  let n: Int
  let k: Int
  var transposeA: Bool
  var transposeB: Bool
  let epilogue: Epilogue?
  let sumsRows: Bool
  var precision = Precision.fp32
  /// op(A), op(B) by rows; the operand of the epilogue.
  var a: [Double]
  var b: [Double]
  var operand: [Double]

  init(
    _ m: Int, _ n: Int, _ k: Int, transposeA: Bool = false, transposeB: Bool = false,
    epilogue: Epilogue? = nil, sumsRows: Bool = false
  ) {
    (self.m, self.n, self.k) = (m, n, k)
    (self.transposeA, self.transposeB) = (transposeA, transposeB)
    (self.epilogue, self.sumsRows) = (epilogue, sumsRows)
    var generator = SeededGenerator("product \(m) \(n) \(k)")
    a = (0..<(m * k)).map { _ in generator.real(-1, 1) }
    b = (0..<(k * n)).map { _ in generator.real(-1, 1) }
    let count = epilogue.map { $0.isColumn ? n : m * n } ?? 0
    operand = (0..<count).map { _ in generator.real(-1, 1) }
  }

  /// Behind C and the row sums lie values that nothing may change; behind A, B and the operand NaN that nothing may read.
  private static let guarded = 700
  private static let poison: Float = -123_456.75

  /// NaN in the last row of op(A), infinities in its first and in the second column of op(B).
  func withSpecials() -> GemmProblem {
    var problem = self
    problem.a[m * k - 1] = .nan
    problem.a[0] = .infinity
    problem.b[1 + n * (k / 2)] = -.infinity
    return problem
  }

  /// In another precision.
  func with(_ precision: Precision) -> GemmProblem {
    var problem = self
    problem.precision = precision
    return problem
  }

  /// The problem in float32 whose operands are rounded as the precision says, subnormal numbers
  /// apart.
  func operandsRounded() -> GemmProblem {
    func round(_ value: Double) -> Double {
      let bits = Float(value).bitPattern
      guard Float(value).isFinite else { return value }
      return switch precision {
      case .fp32: value
      // To nearest, ties away from zero.
      case .tf32: Double(Float(bitPattern: (bits + 0x1000) & ~0x1fff))
      // To nearest, ties to even.
      case .bf16: Double(Float(bitPattern: (bits + 0x7fff + ((bits >> 16) & 1)) & ~0xffff))
      }
    }
    var problem = with(.fp32)
    problem.a = a.map(round)
    problem.b = b.map(round)
    return problem
  }

  /// The product as the backend's sequence does it. C begins as NaN.
  func run(on backend: any Backend) throws -> Result {
    let c = try buffer([Float](repeating: .nan, count: m * n), Self.poison, backend)
    let sums = try buffer([Float](repeating: .nan, count: sumsRows ? m : 0), Self.poison, backend)
    var multiply = MatrixMultiply(
      m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB,
      a: try operand(storedA, backend), b: try operand(storedB, backend), c: c)
    if let epilogue {
      let view = try operand(operand, backend)
      multiply.epilogue =
        epilogue.isColumn
        ? .init(epilogue.function, column: view) : .init(epilogue.function, matrix: view)
    }
    if sumsRows { multiply.rowSums = sums }
    multiply.precision = precision
    try backend.prepare([.multiply(multiply)]).run()
    try backend.synchronize()
    let result = try download(c, count: m * n, backend)
    let rowSums = try download(sums, count: sumsRows ? m : 0, backend)
    return Result(
      c: result.bits, rowSums: rowSums.bits, overrun: [result.overrun, rowSums.overrun])
  }

  private func operand(_ values: [Double], _ backend: any Backend) throws -> BufferView {
    try buffer(values.map(Float.init), .nan, backend)
  }

  /// A view of the values inside a longer buffer.
  private func buffer(
    _ values: [Float], _ behind: Float, _ backend: any Backend
  ) throws -> BufferView {
    let size = backend.realType.byteCount
    let before = [Float](repeating: behind, count: BufferView.alignment / size)
    let all = before + values + [Float](repeating: behind, count: Self.guarded)
    let buffer = try backend.allocate(byteCount: all.count * size)
    // In one piece: Oclgrind 21.10 takes what is written to the middle of a buffer as uninitialised.
    try backend.upload(reals: all, to: BufferView(buffer))
    return BufferView(
      buffer, byteOffset: BufferView.alignment, byteCount: values.count * size)
  }

  private func download(
    _ view: BufferView, count: Int, _ backend: any Backend
  ) throws -> (bits: [UInt32], overrun: Int?) {
    let whole = BufferView(view.buffer, byteOffset: view.byteOffset)
    let all = try backend.downloadFloats(whole, count: count + Self.guarded)
    let bits = all.prefix(count).map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
    return (bits, all.dropFirst(count).firstIndex { $0 != Self.poison }.map { $0 - count })
  }

  /// A and B as they lie in memory.
  var storedA: [Double] { transposeA ? Self.transposed(a, rows: m) : a }
  var storedB: [Double] { transposeB ? Self.transposed(b, rows: k) : b }

  private static func transposed(_ x: [Double], rows: Int) -> [Double] {
    let columns = x.count / max(rows, 1)
    return (0..<columns).flatMap { column in (0..<rows).map { x[$0 * columns + column] } }
  }
}
