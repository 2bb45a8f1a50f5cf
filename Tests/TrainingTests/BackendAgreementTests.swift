import Testing
import VAEGPU

/// One long run on every device: a model of 784-400-20 on procedural images.
@MainActor struct BackendAgreementTests {
  @Test(
    "200 steps have the losses of the CPU backend",
    arguments: TestDevice.openCL + [TestDevice.cpu[0], TestDevice.cpu[2]])
  func losses(device: TestDevice) throws {
    let expected = try Self.expected()
    let found = try Self.run(device.open())
    #expect(found.losses.count == 200 && expected.losses.count == 200)
    var worst = Worst()
    for (a, b) in zip(found.losses, expected.losses) { worst.add(relativeError(a, b)) }
    let equal = found.losses == expected.losses && found.weights == expected.weights
    print(
      "200 steps of 784-400-20, \(device.testDescription) and the CPU backend: largest difference "
        + "\(worst.text), \(equal ? "equal bits" : "bits differ")")
    #expect(worst.value < 1e-4)
    if case .cpu = device.kind { #expect(equal) }
    #expect((expected.losses.last ?? .nan) < 0.5 * expected.losses[0], "it learns")
  }

  private typealias Run = (losses: [Double], weights: [[Float]])
  private static var cached: Run?

  private static func expected() throws -> Run {
    if let cached { return cached }
    let run = try run(TestDevice.cpu[1].open())
    cached = run
    return run
  }

  private static func run(_ device: Device) throws -> Run {
    var configuration = RunConfiguration()
    configuration.data = "sprites"
    configuration.seed = 7
    configuration.logEvery = 1
    configuration.maxSteps = 200
    configuration.epochs = 100
    configuration.batchSize = 128
    let data = ImageDataset(
      verified: "sprites", train: Sprites.generate(.train, count: 1000).images,
      test: Sprites.generate(.test, count: 50).images)
    let trainer = try Trainer(configuration, data: data, device: device)
    return (try trainer.lines().compactMap(\.loss), try trainer.vae.weights())
  }
}
