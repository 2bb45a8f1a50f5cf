import Foundation
import Testing
import VAEGPU

/// The sigma that a sigma-VAE keeps for evaluation.
@MainActor struct OptimalSigmaTests {
  @Test(
    "After few steps it is that of the last ones, not of the first", arguments: TestDevice.backends)
  func shortRun(device: TestDevice) throws {
    var configuration = RunConfiguration.small
    configuration.likelihood = "gaussian"
    configuration.sigma = .optimal
    configuration.objective.name = "autoencoder"
    configuration.learningRate = 1e-2
    configuration.batchSize = 27
    configuration.epochs = 200
    let trainer = try Trainer(configuration, data: TestImages.dataset(), device: device.open())
    // ln p = -D/2 (ln 2 pi + 2 ln sigma + 1) at the optimum.
    let deviations = try trainer.lines().map {
      exp(-$0.logLikelihood / 36 - 0.5) / (2 * .pi).squareRoot()
    }
    let kept = Double(exp(try #require(try trainer.vae.logScales().first)))
    let last = (deviations.suffix(20).reduce(0) { $0 + $1 * $1 } / 20).squareRoot()
    #expect(deviations[0] > 2 * last, "the run was long enough to tell them apart")
    #expect(abs(kept / last - 1) < 0.1, "kept \(kept), of the last steps \(last)")
  }

  @Test("The scales are those of the likelihood's parameter")
  func scales() throws {
    var configuration = RunConfiguration.small
    configuration.likelihood = "gaussian"
    for (sigma, count) in [
      (Sigma.learned, 1), (.optimal, 1), (.perPixel, 36), (.predicted, 0), (.fixed(0.5), 0),
    ] {
      configuration.sigma = sigma
      let vae = try VAE(
        configuration.modelConfiguration(image: ImageShape(height: 6, width: 6)),
        device: TestDevice.cpu[1].open())
      #expect(try vae.logScales().count == count)
    }
  }
}
