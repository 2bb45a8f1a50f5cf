import Compute
import Graph

extension OpCase {
  /// op(A) op(B) in the four combinations of transposition, with each of the three extents in turn at the size.
  static let matrixProducts = [0, 1, 2, 3].flatMap { transpositions in
    let (transposeA, transposeB) = (transpositions & 1 != 0, transpositions & 2 != 0)
    let letters = "\(transposeA ? "A'" : "A") \(transposeB ? "B'" : "B")"
    return [
      product("\(letters), n rows", transposeA, transposeB) { ($0, 7, 5) },
      product("\(letters), n columns", transposeA, transposeB) { (3, $0, 11) },
      product("\(letters), n terms", transposeA, transposeB) { (9, 6, $0) },
      product("\(letters), all of about n", transposeA, transposeB, sizes: [33, 64, 129, 200]) {
        ($0, $0 + 3, $0 - 2)
      },
    ]
  }

  private static func product(
    _ name: String, _ transposeA: Bool, _ transposeB: Bool, sizes: [Int] = TestSizes.standard,
    extents: @escaping @Sendable (Int) -> (m: Int, n: Int, k: Int)
  ) -> OpCase {
    OpCase(
      name: "matrix product \(name)", sizes: sizes,
      inputs: { size in
        let (m, n, k) = extents(size)
        return [
          .real(transposeA ? [k, m] : [m, k], -1, 2), .real(transposeB ? [n, k] : [k, n], -1, 2),
        ]
      },
      record: { graph, inputs, _ in
        [graph.multiply(inputs[0], inputs[1], transposeA: transposeA, transposeB: transposeB)]
      },
      formula: { inputs, size in
        let (m, n, k) = extents(size)
        return [
          Reference.product(
            inputs[0], inputs[1], m: m, n: n, k: k, transposeA: transposeA,
            transposeB: transposeB)
        ]
      })
  }
}
