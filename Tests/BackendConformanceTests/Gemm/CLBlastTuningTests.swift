import Compute
import OpenCLBackend
import Testing

/// CLBlast with other parameters than its own, on every OpenCL device. Few parameters, because each is compiled.
@Suite("Tuned CLBlast", .enabled(if: !TestSizes.isSmall)) @MainActor struct CLBlastTuningTests {
  /// Products of 13 x 13 x 13 and more take the indirect kernel.
  private static let tuned = CLBlastParameters(
    direct: [1, 2, 2, 2, 2, 0, 0, 4, 4, 8],
    indirect: [0, 1, 16, 1, 2, 2, 8, 2, 2, 8, 0, 0, 0, 0, 4, 4], minimum: 13)

  private static func backend(
    _ device: TestDevice, _ parameters: CLBlastParameters
  ) throws -> OpenCLBackend {
    try OpenCLBackend(
      try #require(device.openCLDevice), gemm: .clblast(parameters))
  }

  private static func inForce(_ device: OpenCLDevice) -> [[Int]?] {
    CLBlastKernel.allCases.map { CLBlastLock.inForce($0, on: device) }
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `both paths give the bits of the CPU backend, side by side with stock parameters`(
    _ device: TestDevice
  ) throws {
    let openCL = try #require(device.openCLDevice)
    try #require(Self.tuned.fits(openCL))
    let stock = try Self.backend(device, .stock)
    try stock.useCLBlast(.stock)
    let own = Self.inForce(openCL)
    let tuned = try Self.backend(device, Self.tuned)
    #expect(tuned.clblast == Self.tuned && stock.clblast == .stock)
    // The first two take the direct kernel.
    for (m, n, k) in [(3, 5, 2), (12, 12, 12), (33, 9, 31), (24, 40, 48), (65, 33, 70)] {
      for (transposeA, transposeB) in [(false, true), (true, false)] {
        let problem = GemmProblem(m, n, k, transposeA: transposeA, transposeB: transposeB)
        let result = try problem.run(on: tuned)
        let expected = try problem.run(on: try TestDevice.cpu[0].open())
        #expect(result == expected, "\(m) x \(n) x \(k)")
        if m * n * k <= 12 * 12 * 12 { #expect(tuned.clblastWorkspace == nil) }
      }
    }
    // The last product, padded to whole tiles: A, B and C, or B and C.
    let workspace = try #require(tuned.clblastWorkspace)
    #expect(workspace.byteCount >= 4 * (72 * 80 + 80 * 40 + 72 * 40))
    let padded = try tuned.downloadFloats(workspace, count: 72 * 80)
    #expect(padded.contains { $0 != 0 }, "new memory is zero")
    #expect(Self.inForce(openCL) == [Self.tuned.direct, Self.tuned.indirect, [13]])
    let problem = GemmProblem(24, 40, 48)
    let result = try problem.run(on: stock)
    let expected = try problem.run(on: try TestDevice.cpu[0].open())
    #expect(result == expected && stock.clblastWorkspace == nil)
    #expect(Self.inForce(openCL) == own && !own.contains { $0 == nil })
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `the same parameters are put in force once`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    let stock = try Self.backend(device, .stock)
    try stock.useCLBlast(.stock)
    let before = CLBlastLock.changeCount(on: openCL)
    let first = try Self.backend(device, Self.tuned)
    #expect(CLBlastLock.changeCount(on: openCL) == before + 3)
    let second = try Self.backend(device, Self.tuned)
    try first.useCLBlast(Self.tuned)
    try second.useCLBlast(Self.tuned)
    #expect(CLBlastLock.changeCount(on: openCL) == before + 3)
    try second.useCLBlast(CLBlastParameters(minimum: 13))
    #expect(CLBlastLock.changeCount(on: openCL) == before + 5)
    try stock.useCLBlast(.stock)
    #expect(CLBlastLock.changeCount(on: openCL) == before + 6)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `verdicts bring the parameters, where the device takes them`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    func opened(_ parameters: CLBlastParameters?) throws -> CLBlastParameters {
      let verdicts = GemmVerdicts(for: openCL.info, clblast: parameters)
      return try OpenCLBackend(
        openCL, gemm: .tuned(verdicts)
      ).clblast
    }
    #expect(try opened(Self.tuned) == Self.tuned)
    #expect(try opened(nil) == .stock)
    #expect(try opened(CLBlastParameters(minimum: 0)) == .stock)
    #expect(
      try OpenCLBackend(openCL, gemm: .untuned).clblast
        == .stock)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `refused parameters leave those of CLBlast in force`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    let backend = try Self.backend(device, .stock)
    try backend.useCLBlast(.stock)
    let own = Self.inForce(openCL)
    let illegal: [CLBlastParameters] = [
      .init(direct: [2, 8, 8, 8, 8, 1, 1, 4, 4, 0]), .init(direct: [2, 8, 8]),
      .init(indirect: [0, 1, 32, 2, 0, 8, 64, 8, 8, 64, 0, 0, 0, 0, 8, 8]), .init(minimum: -1),
    ]
    for parameters in illegal {
      #expect(throws: ComputeError.self) { try backend.useCLBlast(parameters) }
      #expect(backend.clblast == .stock && Self.inForce(openCL) == own)
    }
    // Wrong results: every product is held against one that is always zero.
    let tuner = try GemmTuner(
      openCL, reference: ZeroBackend(try TestDevice.cpu[0].open()), secondsPerTrial: 0.001)
    let choice = try tuner.chooseCLBlast(
      for: [GemmShape(m: 8, n: 8, k: 8, transposeA: false, transposeB: false)],
      among: CLBlastCandidates(direct: illegal.compactMap(\.direct), indirect: []))
    #expect(choice.parameters == .stock && choice.gflops == nil && choice.stockGflops == nil)
    // Both paths of CLBlast itself, and what is illegal.
    #expect(choice.refusals.count == 4, "\(choice.refusals)")
    #expect(choice.refusals.filter { $0.contains("relative error") }.count == 2)
    #expect(Self.inForce(openCL) == own)
  }
}

/// A backend whose results are zero.
private final class ZeroBackend: ForwardingBackend {
  let backend: any Backend

  init(_ backend: any Backend) { self.backend = backend }

  func upload(_ bytes: UnsafeRawBufferPointer, to view: BufferView) throws(ComputeError) {
    try backend.upload([UInt8](repeating: 0, count: bytes.count), to: view)
  }
}
