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
    let bounds = try [10, 100, 1000].map { samples in
      try checkStop()
      return try vae.evaluate(images, binarization: .static, samples: samples, seed: 1)
    }
    let exact = try vae.quadrature(images, binarization: .static, points: 240, stop: { false })
    var results: [VerificationResult] = []
    let last = bounds[2]
    // The ELBO is IWAE-1, here by the draws of IWAE-1000.
    var (lower, samples, error) = (last.elbo, 1, last.standardError)
    for bound in bounds {
      results.append(
        VerificationResult(
          "IWAE-\(bound.samples) of 50 images above IWAE-\(samples)", bound.iwae, .atLeast, lower,
          tolerance: 3
            * (error * error + bound.iwaeStandardError * bound.iwaeStandardError).squareRoot()))
      (lower, samples, error) = (bound.iwae, bound.samples, bound.iwaeStandardError)
    }
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
