import CKernels
import Testing

/// Parts of C by themselves, as the functions of CKernels compute them.
extension GemmProblem {
  /// A and B transposed or not.
  static let layouts = [(false, false), (false, true), (true, false), (true, true)]

  /// What C holds where nothing has been written.
  private static let untouchedValue: Float = -7

  /// C after `compute`, -7 where it did not write. Behind A and B lies NaN.
  func afterCompute(_ compute: (inout vae_gemm) -> Void) -> [Float] {
    var c = [Float](repeating: Self.untouchedValue, count: m * n)
    let behind = [Float](repeating: .nan, count: 64)
    let (a, b) = (storedA.map(Float.init) + behind, storedB.map(Float.init) + behind)
    c.withUnsafeMutableBufferPointer { c in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          var gemm = vae_gemm(
            a: a.baseAddress, b: b.baseAddress, c: c.baseAddress, m: m, n: n, k: k,
            transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0,
            images: VAE_NO_IMAGES, geometry: vae_geometry(), level: nil)
          compute(&gemm)
        }
      }
    }
    return c
  }

  /// Checks that each tile, asked for alone, is that part of `expected` and that nothing else is written.
  func expectTiles(
    _ tiles: [(rows: Range<Int>, columns: Range<Int>)], of expected: [Float],
    _ location: SourceLocation = #_sourceLocation, by compute: (Range<Int>, Range<Int>) -> [Float]
  ) {
    for (rows, columns) in tiles {
      let c = compute(rows, columns)
      let wrong = c.indices.filter { index in
        let isInside = rows.contains(index / n) && columns.contains(index % n)
        return c[index] != (isInside ? expected[index] : Self.untouchedValue)
      }
      #expect(
        wrong.isEmpty, "\(rows) \(columns): \(wrong.prefix(5))", sourceLocation: location)
    }
  }
}
