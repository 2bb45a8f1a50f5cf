import CKernels
import Compute
import Testing

/// The CPU backend's matrix product around the sizes at which its packing changes: 384 and 528 rows, 256 and 512 values
/// of k, panels of 32 columns in groups of up to eight.
@Suite("Matrix products on the CPU", .enabled(if: !TestSizes.isSmall)) @MainActor
struct CPUGemmTests {
  struct Extents: Sendable, CustomTestStringConvertible {
    let m, n, k: Int
    var testDescription: String { "\(m) x \(n) x \(k)" }
  }

  private nonisolated static let sizes = [
    Extents(m: 383, n: 31, k: 256), Extents(m: 384, n: 32, k: 257), Extents(m: 385, n: 33, k: 512),
    Extents(m: 385, n: 129, k: 513), Extents(m: 13, n: 128, k: 1025),
    Extents(m: 528, n: 127, k: 255), Extents(m: 529, n: 257, k: 511),
    Extents(m: 386, n: 255, k: 1025), Extents(m: 12, n: 161, k: 256), Extents(m: 1, n: 129, k: 257),
    Extents(m: 1057, n: 1, k: 513), Extents(m: 527, n: 256, k: 17),
  ]

  @Test(arguments: sizes)
  func `every element is the sum over k in order by fused multiply-adds`(
    _ size: Extents
  ) throws {
    var problem = GemmProblem(size.m, size.n, size.k)
    let exact = try problem.run(on: TestDevice.reference).values
    let expected = Self.sequential(problem)
    #expect(relativeError(expected.map(Double.init), exact) <= 1e-5)
    let bits = expected.map(\.bitPattern)
    for (transposeA, transposeB) in GemmProblem.layouts {
      (problem.transposeA, problem.transposeB) = (transposeA, transposeB)
      let reference = try problem.run(on: TestDevice.reference).values
      #expect(relativeError(reference, exact) <= 1e-6, "\(transposeA) \(transposeB)")
      for device in TestDevice.cpu {
        let result = try problem.run(on: try device.open())
        let areEqual = result.c == bits
        #expect(areEqual, "\(transposeA) \(transposeB), \(device.testDescription)")
        #expect(result.overrun == [nil, nil])
      }
    }
  }

  @Test(arguments: [Extents(m: 385, n: 33, k: 513), Extents(m: 61, n: 401, k: 257)])
  func `row sums and both kinds of epilogue come out of large products`(_ size: Extents) throws {
    let epilogues: [GemmProblem.Epilogue?] = [
      nil, .bias("bias_leaky_relu"), .gradient("sigmoid_gradient"),
    ]
    for epilogue in epilogues {
      let problem = GemmProblem(
        size.m, size.n, size.k, transposeA: true, epilogue: epilogue, sumsRows: true)
      let exact = try problem.run(on: TestDevice.reference)
      let results = try TestDevice.cpu.map { try problem.run(on: try $0.open()) }
      for result in results {
        let areEqual = result == results[0]
        #expect(areEqual, "\(String(describing: epilogue))")
        #expect(relativeError(result.values, exact.values) <= 1e-5)
        #expect(relativeError(result.sums, exact.sums) <= 1e-5)
      }
    }
  }

  /// Tiles as no grid cuts them: any part of C can be asked for by itself.
  @Test func `a tile is computed alone`() {
    var problem = GemmProblem(541, 283, 530)
    let expected = Self.sequential(problem)
    let tiles = [
      (0..<541, 0..<283), (5..<29, 17..<50), (540..<541, 282..<283), (12..<12, 0..<9),
      (1..<540, 0..<1),
    ]
    for (transposeA, transposeB) in GemmProblem.layouts {
      (problem.transposeA, problem.transposeB) = (transposeA, transposeB)
      problem.expectTiles(tiles, of: expected) { Self.tile(problem, $0, $1) }
    }
  }

  private static func tile(
    _ problem: GemmProblem, _ rows: Range<Int>, _ columns: Range<Int>
  ) -> [Float] {
    problem.afterCompute { gemm in
      vae_gemm_tile(
        &gemm, rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound)
    }
  }

  /// Plain loops.
  private static func sequential(_ problem: GemmProblem) -> [Float] {
    let (m, n, k) = (problem.m, problem.n, problem.k)
    let (a, b) = (problem.a.map(Float.init), problem.b.map(Float.init))
    var c = [Float](repeating: 0, count: m * n)
    for row in 0..<m {
      for p in 0..<k {
        let x = a[row * k + p]
        for column in 0..<n {
          c[row * n + column].addProduct(x, b[p * n + column])
        }
      }
    }
    return c
  }
}
