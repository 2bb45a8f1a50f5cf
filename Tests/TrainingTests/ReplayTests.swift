import OpenCLBackend
import Testing
import VAEGPU

/// What an OpenCL device is asked for once is never asked for again: steps are replayed.
@MainActor struct ReplayTests {
  enum Products: CaseIterable {
    case own, clblast, paddingCLBlast

    var choice: GemmChoice {
      switch self {
      case .own: .fixed(.panel(rows: 8, vector: 16, depth: 256, groupRows: 128, panels: 1))
      case .clblast: .clblast(.stock)
      // Parameters that compile fast; products of 13 x 13 x 13 and more are padded.
      case .paddingCLBlast:
        .clblast(
          .init(
            direct: [1, 2, 2, 2, 2, 0, 0, 4, 4, 8],
            indirect: [0, 1, 16, 1, 2, 2, 8, 2, 2, 8, 0, 0, 0, 0, 4, 4], minimum: 13))
      }
    }
  }

  private static func backend(_ device: TestDevice, _ products: Products) throws -> OpenCLBackend {
    guard case .openCL(let openCL) = device.kind else { preconditionFailure("not OpenCL") }
    return try OpenCLBackend(openCL, gemm: products.choice)
  }

  @Test(
    "After one epoch of steps, 50 more allocate nothing, build nothing and set no argument",
    arguments: TestDevice.openCL, Products.allCases)
  func steps(device: TestDevice, products: Products) throws {
    let backend = try Self.backend(device, products)
    #expect(backend.counters.programs == 0 && backend.counters.kernels == 0)
    // Four steps of an epoch, the last of three images.
    var configuration = RunConfiguration.small
    configuration.logEvery = 7
    configuration.epochs = 100
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: Device(backend))
    _ = try trainer.runSteps(1)
    let first = backend.counters
    #expect(first.allocations > 0 && first.kernels > 0 && first.arguments > first.kernels)
    #expect(products == .own ? first.programs > 4 : first.programs >= 1)
    #expect((backend.clblastWorkspace != nil) == (products == .paddingCLBlast))
    _ = try trainer.runSteps(3)
    let epoch = backend.counters
    #expect(epoch.kernels > first.kernels, "the last batch is a program of its own")
    #expect(epoch.programs == first.programs)
    let losses = try trainer.runSteps(50)
    #expect(losses.count == 50 && losses.allSatisfy { $0.isFinite })
    #expect(backend.counters == epoch)
  }

  @Test(
    "After the first epoch, training with evaluation and checkpoints does neither",
    arguments: TestDevice.openCL, Products.allCases)
  func epochs(device: TestDevice, products: Products) throws {
    let backend = try Self.backend(device, products)
    var configuration = RunConfiguration.small
    configuration.epochs = 5
    configuration.logEvery = 3
    let run = try TestRun(configuration)
    var counters: [OpenCLCounters] = []
    try run.trainer(Device(backend)).train { event in
      if case .evaluated = event { counters.append(backend.counters) }
    }
    #expect(counters.count == 5)
    #expect(counters.allSatisfy { $0 == counters[0] }, "\(counters)")
  }
}
