import CKernels
import CPUBackend
import Compute
import Testing

/// Products of rounded operands, by every kernel that the machine has.
@Suite("Matrix products with bf16 operands") @MainActor struct BF16GemmTests {
  struct Extents: Sendable, CustomTestStringConvertible {
    let m, n, k: Int
    var testDescription: String { "\(m) x \(n) x \(k)" }
  }

  /// Around panels of 16, blocks and tiles of 32, groups of 128 columns.
  private nonisolated static let small: [Int] = [
    1, 2, 15, 16, 17, 31, 32, 33, 47, 64, 65, 127, 130,
  ]
  /// Around 512 and 1024 values of k, and more rows than are packed at a time.
  private nonisolated static let large = [
    Extents(m: 33, n: 129, k: 512), Extents(m: 31, n: 33, k: 513), Extents(m: 17, n: 31, k: 1024),
    Extents(m: 15, n: 161, k: 1025), Extents(m: 1, n: 1, k: 2049), Extents(m: 541, n: 35, k: 1030),
  ]

  @Test(arguments: BF16Kernel.all, small)
  func `a product is that of the rounded operands`(_ kernel: BF16Kernel, _ m: Int) {
    let others = Self.small.filter { TestSizes.isSmall ? $0 < 34 : true }
    for (index, n) in others.enumerated() {
      // Every pair of m and n, with three sizes of k each.
      for step in 0..<3 {
        expectProduct(kernel, m, n, others[(index + 5 * step + m) % others.count])
      }
    }
  }

  @Test(.enabled(if: !TestSizes.isSmall), arguments: BF16Kernel.all, large)
  func `a large product is that of the rounded operands`(_ kernel: BF16Kernel, _ size: Extents) {
    expectProduct(kernel, size.m, size.n, size.k)
  }

  /// Each sum of k products in float32, in whatever order, is off by at most k roundings of 2^-24 of the sum of |a| |b|.
  /// The portable kernel adds in order by fused multiply-adds, so its bits are known.
  private func expectProduct(_ kernel: BF16Kernel, _ m: Int, _ n: Int, _ k: Int) {
    var problem = GemmProblem(m, n, k)
    let rounded = problem.rounded
    for (transposeA, transposeB) in GemmProblem.layouts {
      (problem.transposeA, problem.transposeB) = (transposeA, transposeB)
      let c = kernel.whole(problem)
      var wrong = 0
      for row in 0..<m {
        for column in 0..<n {
          var (sum, size, inOrder) = (0.0, 0.0, Float(0))
          for p in 0..<k {
            let (x, y) = (rounded.a[row * k + p], rounded.b[p * n + column])
            sum += x * y
            size += abs(x * y)
            inOrder.addProduct(Float(x), Float(y))
          }
          let found = c[row * n + column]
          let isClose = abs(Double(found) - sum) <= Double(k + 1) * 0x1p-24 * size
          let isSame = kernel.kind != VAE_BF16_PORTABLE || found == inOrder
          if !isClose || !isSame { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(m) x \(n) x \(k), \(transposeA) \(transposeB)")
    }
  }

  /// Tiles as no grid cuts them.
  @Test(.enabled(if: !TestSizes.isSmall), arguments: BF16Kernel.all)
  func `a tile is computed alone and has the bits of the whole`(_ kernel: BF16Kernel) {
    var problem = GemmProblem(541, 147, 1030)
    let tiles = [
      (0..<541, 0..<147), (5..<29, 17..<50), (540..<541, 146..<147), (12..<12, 0..<9),
      (1..<540, 0..<1), (16..<64, 32..<96),
    ]
    for (transposeA, transposeB) in GemmProblem.layouts {
      (problem.transposeA, problem.transposeB) = (transposeA, transposeB)
      problem.expectTiles(tiles, of: kernel.whole(problem)) { kernel.tile(problem, $0, $1) }
    }
  }

  @Test(arguments: BF16Kernel.all)
  func `values that are not finite come where arithmetic has them`(_ kernel: BF16Kernel) {
    for (m, n, k) in [(3, 2, 2), (17, 33, 31), (33, 17, 65)] {
      var problem = GemmProblem(m, n, k).withSpecials()
      let rounded = problem.rounded
      var expected: [GemmProblem.Kind] = []
      for row in 0..<m {
        for column in 0..<n {
          let sum = (0..<k).reduce(0.0) {
            $0 + rounded.a[row * k + $1] * rounded.b[$1 * n + column]
          }
          expected.append(.init(Float(sum)))
        }
      }
      #expect(expected.contains(.nan) && expected.contains(.finite))
      for (transposeA, transposeB) in GemmProblem.layouts {
        (problem.transposeA, problem.transposeB) = (transposeA, transposeB)
        #expect(kernel.whole(problem).map(GemmProblem.Kind.init) == expected)
      }
    }
  }

  @Test(arguments: [
    Extents(m: 385, n: 33, k: 513), Extents(m: 61, n: 401, k: 257), Extents(m: 1, n: 700, k: 130),
    Extents(m: 128, n: 40, k: 400), Extents(m: 97, n: 113, k: 1100),
  ])
  func `the backend gives the same bits with 1, 2 and 3 threads, epilogues and row sums`(
    _ size: Extents
  ) throws {
    let epilogues: [GemmProblem.Epilogue?] = [
      nil, .bias("bias_leaky_relu"), .gradient("sigmoid_gradient"),
    ]
    for epilogue in epilogues {
      for (transposeA, transposeB) in GemmProblem.layouts {
        var problem = GemmProblem(
          size.m, size.n, size.k, transposeA: transposeA, transposeB: transposeB,
          epilogue: epilogue, sumsRows: transposeA)
        let exact = try problem.rounded.run(on: TestDevice.reference)
        let single = try problem.run(on: try TestDevice.cpu[0].open())
        problem.precision = .bf16
        let results = try TestDevice.cpuThreads.map { try problem.run(on: try $0.open()) }
        for result in results {
          let areEqual = result == results[0]
          #expect(areEqual, "\(String(describing: epilogue))")
          #expect(relativeError(result.values, exact.values) <= 1e-5)
          #expect(result.c != single.c, "bf16 was not used")
          // Row sums take what is stored.
          #expect(result.rowSums == single.rowSums)
          #expect(result.overrun == [nil, nil])
        }
      }
    }
  }

  @Test func `the float64 reference rounds nothing`() throws {
    var problem = GemmProblem(7, 9, 11)
    let exact = try problem.run(on: TestDevice.reference)
    problem.precision = .bf16
    #expect(try problem.run(on: TestDevice.reference) == exact)
  }

  @Test(arguments: TestDevice.allOpenCL.filter { $0.openCLDevice?.matrixInstructions == nil })
  func `an OpenCL device without matrix instructions refuses`(_ device: TestDevice) throws {
    var problem = GemmProblem(7, 9, 11)
    problem.precision = .bf16
    let error = #expect(throws: ComputeError.self) {
      try problem.run(on: try device.open())
    }
    #expect(error?.code == .unsupported && error?.detail.contains("bf16") == true)
    #expect(try device.open().precisions == [.fp32])
  }
}
