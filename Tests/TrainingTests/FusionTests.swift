import Compute
import Graph
import OpenCLBackend
import Testing
import VAEGPU

/// The trainer's own step, fused and as it was recorded.
@MainActor struct FusionTests {
  /// Steps of full batches and of the rest of an epoch.
  private static let steps: [(rows: Int, start: Int)] = [
    (8, 0), (8, 8), (8, 16), (3, 24), (8, 0), (3, 24),
  ]

  @Test(
    "Fused steps leave the bytes of the recorded operations", arguments: ModelCase.all,
    TestDevice.backends)
  func bytes(model: ModelCase, device: TestDevice) throws {
    let fused = try Self.run(model, on: device.open()) { $0 }
    let unfused = try Self.run(model, on: device.open()) { try $0.unfused() }
    for (name, pair) in zip(Self.names, zip(fused, unfused)) {
      let areEqual = pair.0 == pair.1
      #expect(areEqual, "\(name)")
    }
    #expect(fused[0] != fused[1] && fused[0].contains { $0 != 0 })
  }

  @Test("A training step has its matrix products, ends and densities fused")
  func operations() throws {
    let trainer = try Trainer(
      .small, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    let program = try trainer.step(rows: 8).program
    let names = program.launches.map(\.operation)
    let products = names.filter { $0.hasPrefix("matrix product") }
    // Six layers; the first has no input that needs a gradient.
    #expect(products.count == 17)
    #expect(products.filter { $0.contains("bias +") || $0.contains("+ bias +") }.count == 6)
    #expect(products.filter { $0.hasSuffix("+ bias gradient") }.count == 6)
    #expect(products.filter { $0.contains("+ gradient of relu") }.count == 4)
    for name in [
      "Bernoulli log-likelihood + gradient", "gradient of reparameterise + KL",
      "negative ELBO + gradient norm",
    ] {
      #expect(names.filter { $0 == name }.count == 1, "\(name)")
    }
    for name in [
      "column sum", "bias + relu", "gradient of relu", "Bernoulli log-likelihood",
      "gradient of the mean KL",
    ] {
      #expect(!names.contains(name), "\(name)")
    }
    #expect(try program.unfused().launchCount == program.launchCount + 6 + 6 + 4 + 3)
  }

  @Test("A step of 784-400-20 takes 18 launches on the CPU")
  func launches() throws {
    #expect(try Self.defaultStep(on: TestDevice.cpu[0].open()).launchCount == 18)
  }

  @Test(
    "With the engine's own products it takes 18, with CLBlast 24", arguments: TestDevice.openCL)
  func launches(device: TestDevice) throws {
    guard case .openCL(let openCL) = device.kind else {
      Issue.record("\(device.testDescription) is no OpenCL device")
      return
    }
    let own = GemmVariant.tiled(m: 16, n: 16, k: 8, rows: 4, columns: 4, split: 1)
    let program = try Self.defaultStep(
      on: Device(OpenCLBackend(openCL, gemm: .fixed(own), joins: false)))
    #expect(program.launchCount == 18)
    let other = try Self.defaultStep(
      on: Device(OpenCLBackend(openCL, gemm: .clblast(.stock), joins: false)))
    #expect(other.launchCount == 24)
    let names = other.launches.map(\.operation)
    for (name, count) in [
      ("matrix product", 11), ("bias_relu", 2), ("bias_identity", 0), ("relu_gradient", 0),
      ("bias_identity + reparameterise + KL", 1),
      ("bias_identity + Bernoulli log-likelihood + gradient", 1),
      ("relu_gradient + bias gradient", 2), ("bias gradient", 2),
    ] {
      #expect(names.filter { $0 == name }.count == count, "\(name)")
    }
  }

  private static func defaultStep(on device: Device) throws -> Program {
    var configuration = RunConfiguration()
    configuration.logEvery = 1
    return try Trainer(configuration, data: data, device: device).step(rows: 128).program
  }

  private static let data = ImageDataset(
    verified: "sprites", train: Sprites.generate(.train, count: 128).images,
    test: Sprites.generate(.test, count: 10).images)

  private static let names = ["parameters", "first moments", "second moments", "history"]

  private static func run(
    _ model: ModelCase, on device: Device, _ choose: (Program) throws -> Program
  ) throws -> [[UInt64]] {
    var configuration = model.configuration
    configuration.beta = 0.7
    configuration.clipNorm = 2
    configuration.logEvery = Self.steps.count
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device)
    let whole = try choose(trainer.step(rows: 8).program)
    let rest = try choose(trainer.step(rows: 3).program)
    for (number, step) in Self.steps.enumerated() {
      try trainer.inputs.write(
        .init(
          seed: configuration.seed, number: number, batchStart: step.start, slot: number,
          learningRate: configuration.learningRate, beta: configuration.beta))
      try (step.rows == 8 ? whole : rest).run()
    }
    let optimizer = trainer.optimizer
    let count = trainer.vae.layout.elementCount
    let arenas = [
      trainer.vae.parameters, optimizer.firstMoments, optimizer.secondMoments, optimizer.history,
    ]
    return try zip(arenas, [count, count, count, 4 * Self.steps.count]).map { arena, count in
      try device.backend.downloadReals(BufferView(arena), count: count).map(\.bitPattern)
    }
  }
}
