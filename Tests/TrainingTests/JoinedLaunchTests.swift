import Compute
import Datasets
import Graph
import OpenCLBackend
import Testing
import VAEGPU

/// Launches of several commands, on devices other than processors.
@Suite("Joined launches") @MainActor struct JoinedLaunchTests {
  /// The OpenCL devices that are no processors: Oclgrind's among them (`Scripts/oclgrind-tests`).
  /// PoCL's are not, so most machines test these elsewhere.
  nonisolated static let devices = TestDevice.openCL.filter {
    if case .openCL(let device) = $0.kind {
      device.info.type != .cpu && device.runsJoinedLaunches
    } else {
      false
    }
  }

  nonisolated private static let needsDevice = ConditionTrait.enabled(
    if: !devices.isEmpty, "no device runs joined launches")

  /// Every ninth model with its likelihood and objective: each is a kernel that takes seconds to
  /// compile.
  nonisolated static let models = stride(from: 0, to: ModelCase.all.count, by: 9).map {
    ModelCase.all[$0]
  }

  private static func backend(
    _ device: TestDevice, joins: Bool, order: SummationOrder = .exact, precision: Precision = .fp32
  ) throws -> OpenCLBackend {
    guard case .openCL(var openCL) = device.kind else { preconditionFailure("not OpenCL") }
    if precision != .fp32 {
      openCL.matrixInstructions =
        openCL.matrixInstructions ?? MatrixInstructions(.mma, isEmulated: true)
    }
    return try OpenCLBackend(openCL, gemm: .untuned, order: order, joins: joins)
  }

  @Test
  func `commands wait for those that write what they read, read what they write or write it, too`()
  {
    let memory = Memory()
    func view(_ place: Int) -> BufferView {
      BufferView(memory, byteOffset: 1024 * place, byteCount: 1024)
    }
    let accesses = [
      CommandAccess(reads: [view(0)], writes: [view(1)]),
      CommandAccess(reads: [view(0)], writes: [view(2)]),
      CommandAccess(reads: [view(1)], writes: [view(3)]),
      // Writes what the first and the second read.
      CommandAccess(reads: [], writes: [view(0)]),
      CommandAccess(reads: [view(2), view(3)], writes: [view(4)]),
      CommandAccess(reads: [view(5)], writes: [view(4)]),
      CommandAccess(reads: [view(5)], writes: [view(6)]),
    ]
    #expect(JoinedLaunch.levels(accesses) == [0, 0, 1, 1, 2, 3, 0])
    #expect(JoinedLaunch.levels([]).isEmpty)
  }

  @Test func `runs are the ranges of commands that can share a launch`() {
    #expect(
      JoinedTarget.runs(of: [true, true, false, true, false, false, true]) == [
        0..<2, 3..<4, 6..<7,
      ])
    #expect(JoinedTarget.runs(of: [false]).isEmpty && JoinedTarget.runs(of: []).isEmpty)
  }

  @Test(
    "A step of 784-400-20 takes at most 12 launches", needsDevice, arguments: devices,
    SummationOrder.allCases)
  func launches(_ device: TestDevice, _ order: SummationOrder) throws {
    var configuration = RunConfiguration()
    configuration.logEvery = 1
    let data = ImageDataset(
      verified: "sprites", train: Sprites.generate(.train, count: 128).images,
      test: Sprites.generate(.test, count: 10).images)
    let backend = try Self.backend(device, joins: true, order: order)
    let program = try Trainer(configuration, data: data, device: Device(backend))
      .step(rows: 128).program
    #expect(program.launchCount <= 12)
    let work = program.launches.reduce(0) { $0 + $1.work.floatingPointOperations }
    #expect(work == program.floatingPointOperations)
  }

  @Test("Joined commands give the bits of single ones", needsDevice, arguments: devices, models)
  func bits(_ device: TestDevice, _ model: ModelCase) throws {
    let apart = try Self.parameters(model, on: Self.backend(device, joins: false))
    let joined = try Self.parameters(model, on: Self.backend(device, joins: true))
    #expect(joined == apart)
    guard case .openCL(let openCL) = device.kind else { return }
    if OpenCLBackend.buildOptions(openCL).contains("correctly-rounded") {
      let expected = try Self.parameters(model, on: TestDevice.cpu[0].open().backend)
      #expect(joined == expected)
    }
  }

  @Test(
    "In the fast order, and by matrix instructions, every run gives the same bits", needsDevice,
    arguments: devices, Precision.allCases)
  func runs(_ device: TestDevice, _ precision: Precision) throws {
    let model = try #require(ModelCase.all.first)
    func run(joins: Bool) throws -> [UInt64] {
      try Self.parameters(
        model, on: Self.backend(device, joins: joins, order: .fast, precision: precision),
        precision: precision)
    }
    let first = try run(joins: true)
    let again = try run(joins: true)
    let apart = try run(joins: false)
    #expect(again == first && apart == first)
  }

  @Test(
    "Matrix instructions are tried once a precision, and believed", needsDevice,
    arguments: devices)
  func check(_ device: TestDevice) throws {
    let backend = try Self.backend(device, joins: false, precision: .bf16)
    #expect(backend.checkedPrecisions.isEmpty)
    var configuration = RunConfiguration.small
    configuration.precision = .bf16
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: Device(backend))
    _ = try trainer.runSteps(1)
    #expect(backend.checkedPrecisions == [.bf16])
  }

  /// The parameters after some steps.
  private static func parameters(
    _ model: ModelCase, on backend: any Backend, precision: Precision = .fp32
  ) throws -> [UInt64] {
    var configuration = model.configuration
    configuration.precision = precision
    configuration.logEvery = 4
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: Device(backend))
    let losses = try trainer.runSteps(8)
    #expect(losses.allSatisfy { $0.isFinite })
    return try backend.downloadReals(
      BufferView(trainer.vae.parameters), count: trainer.vae.layout.elementCount
    ).map(\.bitPattern)
  }

  private final class Memory: DeviceBuffer {
    let byteCount = 1 << 16
  }
}
