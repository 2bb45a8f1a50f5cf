import LinearAlgebra
import TestSupport
import Testing
import VAEGPU

/// How many latents live, how many could, and what is said of it.
@MainActor struct CollapseReportTests {
  private static let images = TestImages.set(.test, count: 300, side: 6)

  @Test("The prediction counts eigenvalues above beta sigma squared", arguments: [0.5, 1, 4])
  func prediction(beta: Double) throws {
    let values = try PixelStatistics(Self.images).covariance.symmetricEigen().values
    // Between the third and the fourth.
    let sigma = ((values[2] + values[3]) / 2 / beta).squareRoot()
    let report = try Self.report { ($0.sigma, $0.beta) = (.fixed(sigma), beta) }
    #expect(report.predicted == 3 && report.sigma == sigma && report.latents == 8)
  }

  @Test("Eigenvalues above a number are counted without making them", arguments: [1, 2, 7, 40])
  func inertia(size: Int) throws {
    var generator = SeededGenerator("inertia \(size)")
    let random = Matrix(
      rows: size, columns: size, values: (0..<(size * size)).map { _ in generator.real(-1, 1) })
    let matrix = random + random.transposed
    let values = try matrix.symmetricEigen().values
    for number in [-3, -0.5, 0, 0.1, 2, 100] {
      #expect(matrix.countEigenvalues(above: number) == values.count { $0 > number })
    }
  }

  @Test("A collapsed model gets advice that fits its settings, one in use gets none")
  func advice() throws {
    let collapsed = try Self.report(gain: 0) { $0.sigma = .fixed(0.01) }
    #expect(collapsed.active == 0 && collapsed.predicted == 8)
    let advice = try #require(collapsed.advice)
    for word in ["0 of 8", "--sigma learned", "linear", "free-bits"] {
      #expect(advice.contains(word), "\(advice)")
    }
    let learned = try Self.report(gain: 0) { ($0.betaSchedule, $0.beta) = (.linear, 3) }
    #expect(learned.advice?.contains("--sigma") == false)
    #expect(learned.advice?.contains("lower --beta 3") == true)
    #expect(learned.advice?.contains("warm up") == false)
    #expect(try Self.report(gain: 50) { $0.sigma = .fixed(0.01) }.advice == nil)
    let wide = try Self.report(gain: 50) { $0.sigma = .fixed(30) }
    #expect(wide.predicted == 0 && wide.advice?.contains("leaves room for 0 of 8") == true)
  }

  @Test("There is no prediction for other likelihoods, other sigmas and binarised images")
  func none() throws {
    for change: (inout RunConfiguration) -> Void in [
      { $0.likelihood = "bernoulli" }, { $0.likelihood = "laplace" }, { $0.sigma = .perPixel },
      { $0.sigma = .predicted }, { $0.binarize = .static }, { $0.objective.name = "capacity" },
    ] {
      #expect(try Self.report(change).predicted == nil)
    }
  }

  /// Of an untrained model, the weights of whose posterior are multiplied.
  private static func report(
    gain: Float = 1, _ change: (inout RunConfiguration) -> Void
  ) throws -> CollapseReport {
    var configuration = RunConfiguration()
    (configuration.likelihood, configuration.latent, configuration.hidden) = ("gaussian", 8, [4])
    change(&configuration)
    let vae = try VAE(
      configuration.modelConfiguration(image: ImageShape(height: 6, width: 6)),
      device: TestDevice.cpu[1].open(), seed: 3)
    try vae.setWeights(
      try vae.namedWeights().map { tensor in
        switch tensor.name {
        case "posterior.weight", "posterior.bias": tensor.values.map { $0 * gain }
        // sigma 0.01
        case "likelihood.log_sigma": [Float](repeating: -4.6, count: tensor.values.count)
        default: tensor.values
        }
      })
    let evaluation = try vae.evaluate(images, binarization: configuration.binarization, samples: 1)
    return try CollapseReport(evaluation, of: vae, configuration, images: images)
  }
}
