import Compute
import Datasets
import Training

extension Verification {
  /// Bounds and estimators of a VAE with two latents, which quadrature can reach.
  func verifyBounds() throws {
    let trainer = try trained(steps: 2000) {
      ($0.hidden, $0.latent, $0.learningRate) = ([64], 2, 2e-3)
    }
    try report { try [monteCarloKL(trainer.vae)] }
    try report { try importanceBounds(trainer.vae) }
  }

  /// ln q(z|x) - ln p(z) of draws, averaged over twenty seeds, has the KL for its mean.
  private func monteCarloKL(_ vae: VAE) throws -> VerificationResult {
    let images = data.test.first(2000)
    var divergence = 0.0
    let estimates = try (0..<20).map { seed in
      try checkStop()
      let found = try vae.evaluate(images, binarization: .static, samples: 1, seed: UInt64(seed))
      divergence = found.kl
      return found.logLikelihood - found.iwae
    }
    let mean = estimates.reduce(0, +) / 20
    let variance = estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
    return VerificationResult(
      "Monte-Carlo KL = closed form, within 4 standard errors", mean, .equal, divergence,
      tolerance: 4 * (variance / 20).squareRoot())
  }

  private func importanceBounds(_ vae: VAE) throws -> [VerificationResult] {
    let images = data.test.first(50)
    let bounds = try [1, 10, 100, 1000].map { samples in
      try checkStop()
      return try vae.evaluate(images, binarization: .static, samples: samples, seed: 1)
    }
    let exact = try vae.quadrature(images, binarization: .static, points: 240, stop: { false })
    var results: [VerificationResult] = []
    for (before, after) in zip(bounds, bounds.dropFirst()) {
      // The two share draws; the error of the smaller number is the larger one.
      let error = before.samples == 1 ? 0 : before.iwaeStandardError
      results.append(
        VerificationResult(
          "IWAE-\(after.samples) of 50 images above IWAE-\(before.samples)", after.iwae, .atLeast,
          before.samples == 1 ? before.elbo : before.iwae, tolerance: 3 * error))
    }
    let last = bounds[3]
    results.append(
      VerificationResult(
        "IWAE-1000 below ln p(x) by quadrature", last.iwae, .atMost, exact.logLikelihood,
        tolerance: 3 * last.iwaeStandardError + exact.error))
    results.append(
      VerificationResult(
        "IWAE-1000 within a nat of ln p(x) by quadrature", last.iwae, .atLeast,
        exact.logLikelihood, tolerance: 1))
    return results
  }
}
