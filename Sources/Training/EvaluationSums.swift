import Foundation

/// Float64 sums of an evaluation over images and draws.
struct EvaluationSums {
  private let latents: Int
  private var logLikelihood = 0.0
  private var kl = 0.0
  private var draws: [Double]
  /// Mean and sum of squared deviations of each image's ELBO over its draws (Welford 1962).
  private var means: [Double]
  private var squares: [Double]
  private var klPerLatent: [Double]
  private var posteriorRows = 0

  init(images: Int, latents: Int) {
    self.latents = latents
    draws = [Double](repeating: 0, count: images)
    means = draws
    squares = draws
    klPerLatent = [Double](repeating: 0, count: latents)
  }

  /// Adds one draw of the images from `start` on.
  mutating func add(logLikelihoods: [Double], divergences: [Double], start: Int) {
    for (row, (likelihood, divergence)) in zip(logLikelihoods, divergences).enumerated() {
      logLikelihood += likelihood
      kl += divergence
      let image = start + row
      draws[image] += 1
      let deviation = likelihood - divergence - means[image]
      means[image] += deviation / draws[image]
      squares[image] += deviation * (likelihood - divergence - means[image])
    }
  }

  /// Adds KL(N(mu, s2) || N(0, 1)) = 1/2 (s2 + mu^2 - 1 - ln s2) per latent from rows of means and log-variances.
  mutating func add(posteriors: [Double]) {
    for row in 0..<(posteriors.count / (2 * latents)) {
      for j in 0..<latents {
        let mean = posteriors[row * 2 * latents + j]
        let logVariance = min(max(posteriors[row * 2 * latents + latents + j], -30), 20)
        klPerLatent[j] += 0.5 * (exp(logVariance) + mean * mean - 1 - logVariance)
      }
      posteriorRows += 1
    }
  }

  func evaluation(samples: Int, binarization: String, bound: String, seconds: Double) -> Evaluation
  {
    let images = Double(means.count)
    let total = images * Double(samples)
    return Evaluation(
      images: means.count, samples: samples, elbo: (logLikelihood - kl) / total,
      logLikelihood: logLikelihood / total, kl: kl / total,
      klPerLatent: klPerLatent.map { $0 / Double(max(posteriorRows, 1)) },
      standardError: standardError(samples: samples), binarization: binarization, bound: bound,
      seconds: seconds)
  }

  private func standardError(samples: Int) -> Double {
    let images = Double(means.count)
    if samples > 1 {
      let s = Double(samples)
      return (squares.reduce(0, +) / (s - 1) / s).squareRoot() / images
    }
    guard means.count > 1 else { return 0 }
    let mean = means.reduce(0, +) / images
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (images - 1)
    return (variance / images).squareRoot()
  }
}
