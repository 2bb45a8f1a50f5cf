import Compute
import Datasets
import Foundation
import LinearAlgebra
import Training

extension Verification {
  /// PPCA by its closed form, by EM, by gradient and as a linear VAE, and the latents that a fixed sigma lets live.
  func verifyPPCA(_ statistics: PixelStatistics, _ axes: PrincipalAxes) throws {
    setLinearAlgebraThreads(ProcessInfo.processInfo.activeProcessorCount)
    let latents =
      self.latents
      ?? min(Self.definedLatents(axes), axes.dimensions - 1)
    let exact = try axes.components(latents: latents)
    let likelihood = try exact.logLikelihood(statistics)
    try report {
      [
        VerificationResult(
          "PPCA, \(latents) latents: ln p(x) = formula of the eigenvalues", likelihood, .equal,
          axes.maximumLogLikelihood(latents: latents), tolerance: 1e-6)
      ]
    }
    func compare(
      _ name: String, tolerance: Double, _ fit: () throws -> PrincipalComponents
    ) throws {
      try report {
        let model = try fit()
        return [
          VerificationResult(
            "\(name): ln p(x)", try model.logLikelihood(statistics), .equal, likelihood,
            tolerance: tolerance),
          VerificationResult(
            "\(name): angle to the principal subspace", try model.angle(to: exact), .atMost, 1,
            unit: "degrees"),
        ]
      }
    }
    try compare("PPCA by EM", tolerance: 1e-4) {
      try PPCAFitting.expectationMaximisation(statistics, latents: latents, seed: 1) { _ in
        try checkStop()
        return true
      }
    }
    try compare("PPCA by gradient", tolerance: 0.5) {
      try PPCAFitting.gradient(statistics, latents: latents, seed: 1) { _ in
        try checkStop()
        return true
      }
    }
    setLinearAlgebraThreads(1)
    // Many latents need short steps: at 1e-2 training of 50 fails. Few pixels say little of sigma in a step, and take many.
    let isLarge = latents > 20
    let trainer = try trained(steps: isLarge || axes.mean.count < 16 ? 120_000 : 20_000) {
      ($0.hidden, $0.latent, $0.likelihood) = ([], latents, "gaussian")
      $0.learningRate = isLarge ? 3e-3 : 1e-2
    }
    try compare("linear VAE") { trainer }
    try report {
      let elbo = try trainer.vae.evaluate(data.train, samples: 5).elbo
      return [
        VerificationResult(
          "linear VAE: ELBO = ln p(x) of PPCA", elbo, .equal, likelihood, tolerance: 0.5)
      ]
    }
    try verifyCollapse(axes.eigenvalues)

    func compare(_ name: String, _ trainer: () throws -> Trainer) throws {
      try compare(name, tolerance: 0.5) {
        guard let model = try trainer().vae.principalComponents() else {
          preconditionFailure("a linear VAE has principal components")
        }
        return model
      }
    }
  }

  /// Up to ten latents whose principal subspace is well defined: the last eigenvalue exceeds the next by more than sigma^2.
  private static func definedLatents(_ axes: PrincipalAxes) -> Int {
    let candidates = 1...max(1, min(10, axes.eigenvalues.count - 1))
    return candidates.last { gap(axes, $0) > 1 }
      ?? candidates.max { gap(axes, $0) < gap(axes, $1) } ?? 1
  }

  /// (l_M - l_{M+1}) / sigma^2
  private static func gap(_ axes: PrincipalAxes, _ latents: Int) -> Double {
    (axes.eigenvalues[latents - 1] - axes.eigenvalues[latents])
      / max(axes.variance(latents: latents), 1e-12)
  }

  /// With sigma fixed a latent lives exactly if its eigenvalue l exceeds sigma^2 (Lucas et al. 2019, section 4); its KL is then
  /// ln(l / sigma^2) / 2, and above 0.01 nats it counts as active.
  private func verifyCollapse(_ eigenvalues: [Double]) throws {
    let latents = min(20, data.train.pixelsPerImage - 1)
    let variance = Self.thresholdVariance(eigenvalues, latents: latents)
    let alive = eigenvalues.prefix(latents).filter { $0 > variance }
    let rest = eigenvalues.dropFirst(alive.count).reduce(0, +)
    let pixels = Double(eigenvalues.count)
    let exact =
      -0.5
      * (pixels * log(2 * .pi * variance)
        + alive.reduce(0) { $0 + log($1 / variance) + 1 } + rest / variance)
    let trainer = try trained(steps: 10_000) {
      ($0.hidden, $0.latent, $0.likelihood) = ([], latents, "gaussian")
      ($0.sigma, $0.learningRate) = (.fixed(variance.squareRoot()), 5e-3)
    }
    try report {
      let found = try trainer.vae.evaluate(data.train, samples: 5)
      let sigma = String(format: "%.3g", variance.squareRoot())
      return [
        VerificationResult(
          "linear VAE, sigma \(sigma), \(latents) latents: active", Double(found.activeLatents),
          .equal, Double(alive.count { 0.5 * log($0 / variance) > 0.01 }), unit: "latents"),
        VerificationResult(
          "linear VAE, sigma \(sigma): ELBO", found.elbo, .equal, exact, tolerance: 0.5),
        VerificationResult(
          "linear VAE, sigma \(sigma): KL", found.kl, .equal,
          alive.reduce(0) { $0 + 0.5 * log($1 / variance) }, tolerance: 0.5),
      ]
    }
  }

  /// 1 where some eigenvalues are above it and some below; else in the widest gap.
  private static func thresholdVariance(_ eigenvalues: [Double], latents: Int) -> Double {
    if eigenvalues[0] > 1.1 && eigenvalues[latents - 1] < 0.9 { return 1 }
    let gap = (0..<max(1, latents - 1)).max {
      eigenvalues[$0] / max(eigenvalues[$0 + 1], 1e-12)
        < eigenvalues[$1] / max(eigenvalues[$1 + 1], 1e-12)
    }
    return (eigenvalues[gap ?? 0] * max(eigenvalues[(gap ?? 0) + 1], 1e-12)).squareRoot()
  }
}
