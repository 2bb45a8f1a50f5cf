import Testing
import VAEGPU

/// What a caller of the library may get wrong is thrown, not trapped.
@MainActor struct ArgumentTests {
  typealias Change = @Sendable (inout ModelConfiguration) -> Void

  nonisolated static let models: [(key: String, change: Change)] = [
    ("model", { $0.model = "gan" }), ("likelihood", { $0.likelihood = "cauchy" }),
    ("latent", { $0.latent = 0 }), ("hidden", { $0.hidden = [-1] }),
    ("image", { $0.image.height = 0 }), ("image", { $0.image.channels = .max }),
    ("levels", { $0.levels = 1 }), ("components", { $0.components = 0 }),
    ("sigma", { $0.sigma = .fixed(-1) }), ("log-variance", { $0.logVarianceBounds = -99...0 }),
    ("channels", { ($0.model, $0.convolution.channels) = ("conv", []) }),
    ("kernel", { ($0.model, $0.convolution.kernel) = ("conv", 0) }),
  ]

  @Test("A model that there is not is refused by its setting", arguments: models.indices)
  func model(index: Int) throws {
    var configuration = ModelConfiguration(image: ImageShape(height: 6, width: 6), hidden: [8])
    Self.models[index].change(&configuration)
    let error = #expect(throws: ConfigurationError.self) {
      try VAE(configuration, device: TestDevice.cpu[0].open())
    }
    #expect(error?.key == Self.models[index].key)
  }

  @Test("An unknown likelihood has no binary pixels, and traps nowhere")
  func binarization() {
    var configuration = RunConfiguration()
    configuration.likelihood = "cauchy"
    #expect(configuration.binarization == .none)
  }

  @Test("Arrays of other lengths are refused with the call and the numbers")
  func lengths() throws {
    let vae = try VAE(
      ModelConfiguration(image: ImageShape(height: 6, width: 6), hidden: [8], latent: 2),
      device: TestDevice.cpu[0].open())
    var weights = try vae.weights()
    func expect(_ call: String, _ body: () throws -> Void) {
      let error = #expect(throws: ArgumentError.self) { try body() }
      #expect(error?.call == call && error?.description.contains("\n") == false)
    }
    expect("encode(images)") { _ = try vae.encode([0, 0.5]) }
    expect("decode(latents)") { _ = try vae.decode([0, 0, 0]) }
    expect("draw(latents)") { _ = try vae.draw(latents: [0], seed: 0) }
    expect("encode(images)") { _ = try vae.reconstruct([0], mean: true) }
    expect("sample(count)") { _ = try vae.sample(count: -1) }
    expect("setWeights(values)") { try vae.setWeights([]) }
    weights[0].removeLast()
    expect("setWeights(values)") { try vae.setWeights(weights) }
    let set = TestImages.set(.test, count: 3, side: 5)
    expect("evaluate(images)") { _ = try vae.evaluate(set) }
    expect("quadrature(images)") { _ = try vae.quadrature(set) }
    expect("exactLogLikelihood(images)") { _ = try vae.exactLogLikelihood(set) }
    let fitting = TestImages.set(.test, count: 3, side: 6)
    expect("evaluate(images)") { _ = try vae.evaluate(fitting.first(0)) }
    expect("evaluate(samples)") { _ = try vae.evaluate(fitting, samples: 0) }
    expect("evaluate(mutualInformation)") {
      _ = try vae.evaluate(fitting, mutualInformation: .count(0))
    }
    expect("quadrature(points)") { _ = try vae.quadrature(fitting, points: 3) }
    expect("Pictures.grid(images)") { _ = try Pictures.grid([0], vae: vae, columns: 1) }
    expect("Pictures.grid(images)") { _ = try Pictures.grid([], vae: vae, columns: 1) }
    expect("Pictures.pairs(reconstructions)") {
      _ = try Pictures.pairs(originals: [0], reconstructions: [], vae: vae, columns: 1)
    }
    expect("LatentPaths.between") {
      _ = try LatentPaths.between([0], [], count: 2, kind: .linear)
    }
    expect("LatentPaths.plane") {
      _ = try LatentPaths.plane(side: 2, first: 0, second: 2, latents: 2)
    }
    expect("ImageSet(pixels)") {
      _ = try ImageSet(name: "x", split: .train, count: 2, height: 2, width: 2, pixels: [0])
    }
    expect("ImageSet(labels)") {
      _ = try ImageSet(
        name: "x", split: .train, count: 1, height: 1, width: 1, pixels: [0], labels: [])
    }
    expect("ImageSet.image(index)") { _ = try fitting.image(fitting.count) }
    expect("ImageSet.image(index)") { _ = try fitting.image(-1) }
    expect("ImageDataset(x)") { _ = try ImageDataset(name: "x", train: fitting, test: set) }
    expect("ImageDataset(x)") {
      _ = try ImageDataset(name: "x", train: fitting.first(0), test: fitting)
    }
    expect("Factors(names)") { _ = try Factors(names: ["a", "b"], train: [0], test: []) }
    expect("holdingOut(3)") {
      _ = try ImageDataset(name: "x", train: fitting, test: fitting).holdingOut(3)
    }
  }

  @Test("Factors follow the images that are held out")
  func factors() throws {
    let data = Sprites.dataset()
    let held = try data.holdingOut(100)
    let (all, factors) = (try #require(data.factors), try #require(held.factors))
    #expect(factors.values(.train) + factors.values(.validation) == all.values(.train))
    #expect(factors.values(.validation).count == 100 * factors.names.count)
    #expect(factors.values(.test) == all.values(.test))
    #expect(all.values(.validation).isEmpty)
  }

  @Test("An auto-encoder's report counts means that vary, and finds no collapse")
  func autoencoderReport() throws {
    var configuration = RunConfiguration.small
    configuration.objective.name = "autoencoder"
    let data = TestImages.dataset()
    let vae = try VAE(
      configuration.modelConfiguration(image: ImageShape(height: 6, width: 6)),
      device: TestDevice.cpu[0].open())
    let evaluation = try vae.evaluate(data.test, takesMeans: true)
    let report = try CollapseReport(evaluation, of: vae, configuration, images: data.test)
    #expect(report.active == evaluation.activeUnits && report.advice == nil)
  }
}
