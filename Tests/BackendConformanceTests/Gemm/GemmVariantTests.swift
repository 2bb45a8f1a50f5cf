import Compute
import OpenCLBackend
import Testing

/// Every kernel that may be chosen for a matrix product, on every OpenCL device.
@Suite("Matrix product variants") @MainActor struct GemmVariantTests {
  @Test(arguments: GemmCase.onDevices)
  func `a product is that of the CPU backend and nothing behind it is written`(
    _ gemm: GemmCase, _ device: TestDevice
  ) throws {
    for size in gemm.sizes {
      let problem = gemm.problem(size.m, size.n, size.k)
      let result = try problem.run(on: try gemm.open(on: device))
      let exact = try problem.operandsRounded().run(on: TestDevice.reference)
      // The sums are those of what is stored.
      let sums = try problem.with(.fp32).run(on: TestDevice.reference).sums
      #expect(result.overrun == [nil, nil], "\(size.testDescription)")
      #expect(relativeError(result.values, exact.values) <= 1e-5, "\(size.testDescription)")
      #expect(relativeError(result.sums, sums) <= 1e-5, "\(size.testDescription)")
      try expectSameBits(result, problem, gemm, device)
    }
  }

  @Test(arguments: GemmCase.onDevices)
  func `values that are not finite come where they do on the CPU backend`(
    _ gemm: GemmCase, _ device: TestDevice
  ) throws {
    var kinds: [GemmProblem.Kind] = []
    for size in gemm.sizes where size.m > 1 && size.n > 1 && size.k > 1 {
      let problem = gemm.problem(size.m, size.n, size.k).withSpecials()
      let result = try problem.run(on: try gemm.open(on: device))
      let expected = try problem.operandsRounded().run(on: try TestDevice.cpu[1].open())
      #expect(result.kinds == expected.kinds, "\(size.testDescription)")
      try expectSameBits(result, problem, gemm, device)
      kinds += result.kinds
    }
    #expect(kinds.contains(.nan) && kinds.contains(.infinity) && kinds.contains(.finite))
  }

  @Test(arguments: GemmCase.onDevices)
  func `a product that is too small for float32 keeps its sign`(
    _ gemm: GemmCase, _ device: TestDevice
  ) throws {
    for size in gemm.sizes {
      var problem = gemm.problem(size.m, size.n, size.k)
      problem.a = problem.a.map { _ in -0x1p-100 }
      problem.b = problem.b.map { _ in 0x1p-100 }
      try expectSameBits(
        try problem.run(on: try gemm.open(on: device)), problem, gemm, device)
    }
  }

  @Test(arguments: GemmCase.onDevices.filter { $0.0.epilogue == nil && !$0.0.sumsRows })
  func `every launch of a product says what it is`(_ gemm: GemmCase, _ device: TestDevice) throws {
    let recording = Recording()
    let a = recording.input([1, 2, 3, 4], [2, 2])
    let product = recording.graph.multiply(
      a, a, transposeA: gemm.transposeA, transposeB: gemm.transposeB)
    let program = try recording.program(
      [product], on: try gemm.open(on: device), precision: gemm.precision)
    for launch in program.launches {
      #expect(!launch.operation.isEmpty && !launch.kernel.isEmpty && !launch.size.isEmpty)
      #expect(launch.work.byteCount > 0)
    }
    let operations = program.launches.map(\.work.floatingPointOperations).reduce(0, +)
    #expect(operations == 16 && program.floatingPointOperations == 16)
  }

  /// Variants that keep the order of the sum give the bits of the CPU backend, where epilogues do.
  private func expectSameBits(
    _ result: GemmProblem.Result, _ problem: GemmProblem, _ gemm: GemmCase, _ device: TestDevice,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    guard gemm.variant.keepsOrder, device.isExact || gemm.epilogue == nil else { return }
    let expected = try problem.run(on: try TestDevice.cpu[1].open())
    let areEqual = result == expected
    let size = "\(problem.m) x \(problem.n) x \(problem.k)"
    #expect(areEqual, "\(size)", sourceLocation: location)
  }
}
