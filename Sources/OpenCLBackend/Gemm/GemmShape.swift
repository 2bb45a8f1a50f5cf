import Compute
import Foundation

/// What a choice of kernel depends on: the size of a matrix product and how its operands are stored.
package struct GemmShape: Hashable, Sendable, Codable, CustomStringConvertible {
  package var m: Int
  package var n: Int
  package var k: Int
  package var transposeA: Bool
  package var transposeB: Bool

  package init(m: Int, n: Int, k: Int, transposeA: Bool, transposeB: Bool) {
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  package init(_ multiply: MatrixMultiply) {
    self.init(
      m: multiply.m, n: multiply.n, k: multiply.k, transposeA: multiply.transposeA,
      transposeB: multiply.transposeB)
  }

  /// BLAS's letters: "NT 128x400x784".
  package var description: String {
    "\(transposeA ? "T" : "N")\(transposeB ? "T" : "N") \(m)x\(n)x\(k)"
  }

  /// How unlike two shapes are: the sum of the logarithms of the ratios of their extents. Infinite for other layouts.
  func distance(to other: GemmShape) -> Double {
    guard transposeA == other.transposeA, transposeB == other.transposeB else { return .infinity }
    func ratio(_ a: Int, _ b: Int) -> Double { abs(log(Double(max(a, 1)) / Double(max(b, 1)))) }
    return ratio(m, other.m) + ratio(n, other.n) + ratio(k, other.k)
  }
}
