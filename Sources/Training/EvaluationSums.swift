import Foundation
import Graph

/// KL(q(z_j|x) || p(z_j)) of images, from the rows of a posterior: float64.
struct PosteriorSums {
  private let latents: Int
  /// Points have no divergence; their KL counts as 0.
  private let arePoints: Bool
  /// Of each image, summed over latents.
  private(set) var divergences: [Double] = []
  private var perLatent: [Double]
  /// Of the posterior means of each latent over images: mean, and sum of squared deviations (Welford 1962).
  private var means: [Double]
  private var squares: [Double]

  init(latents: Int, arePoints: Bool = false) {
    self.latents = latents
    self.arePoints = arePoints
    perLatent = [Double](repeating: 0, count: latents)
    means = perLatent
    squares = perLatent
  }

  /// Adds KL(N(mu, s2) || N(0, 1)) = 1/2 (s2 + mu^2 - 1 - ln s2) per latent from rows of means and log-variances.
  mutating func add(_ posteriors: [Double]) {
    for row in 0..<(posteriors.count / (2 * latents)) {
      var sum = 0.0
      for j in 0..<latents {
        let mean = posteriors[row * 2 * latents + j]
        let logVariance = min(max(posteriors[row * 2 * latents + latents + j], -30), 20)
        let divergence = arePoints ? 0 : 0.5 * (exp(logVariance) + mean * mean - 1 - logVariance)
        perLatent[j] += divergence
        sum += divergence
        let deviation = mean - means[j]
        means[j] += deviation / Double(divergences.count + 1)
        squares[j] += deviation * (mean - means[j])
      }
      divergences.append(sum)
    }
  }

  /// Var_x(E[z_j|x]) of each latent (Burda et al. 2016, section 5.2).
  var meanVariances: [Double] { squares.map { $0 / Double(max(divergences.count - 1, 1)) } }

  /// Averaged over images.
  var klPerLatent: [Double] { perLatent.map { $0 / Double(max(divergences.count, 1)) } }
}

/// Bounds and their errors from the sums of every image's draws (`ImportanceSums`): float64.
struct EvaluationSums {
  private let samples: Int
  private let posteriors: PosteriorSums
  /// Mean over the draws of each image, and its variance.
  private var logLikelihoods: [Double] = []
  private var variances: [Double] = []
  /// ln 1/K sum_k w_k of each image, and its variance to first order (of a ratio to its mean).
  private var bounds: [Double] = []
  private var boundVariances: [Double] = []

  init(_ sums: [Double], samples: Int, posteriors: PosteriorSums) {
    self.samples = samples
    self.posteriors = posteriors
    let k = Double(samples)
    for start in stride(from: 0, to: sums.count, by: Graph.importanceSumsWidth) {
      let (first, sum, squares) = (sums[start], sums[start + 1], sums[start + 2])
      let (top, weights, squaredWeights) = (sums[start + 3], sums[start + 4], sums[start + 5])
      logLikelihoods.append(first + sum / k)
      bounds.append(top + log(weights / k))
      guard samples > 1 else { continue }
      variances.append(max(0, squares - sum * sum / k) / (k - 1) / k)
      boundVariances.append(max(0, squaredWeights / (weights * weights) - 1 / k) * k / (k - 1))
    }
  }

  func evaluation(
    binarization: String, bound: String, discreteDimensions: Int?,
    seconds: Double
  ) -> Evaluation {
    let images = Double(logLikelihoods.count)
    let elbos = zip(logLikelihoods, posteriors.divergences).map { $0 - $1 }
    let likelihood = logLikelihoods.reduce(0, +) / images
    let divergence = posteriors.divergences.reduce(0, +) / images
    let iwae = bounds.reduce(0, +) / images
    return Evaluation(
      images: logLikelihoods.count, samples: samples, elbo: likelihood - divergence,
      logLikelihood: likelihood, kl: divergence, klPerLatent: posteriors.klPerLatent,
      meanVariances: posteriors.meanVariances,
      standardError: Self.error(of: elbos, variances), iwae: iwae,
      iwaeStandardError: Self.error(of: bounds, boundVariances),
      bitsPerDimension: discreteDimensions.map { -iwae / (Double($0) * log(2)) },
      binarization: binarization, bound: bound, seconds: seconds)
  }

  /// That of a mean over images: from the variances of the draws, or with one draw from the scatter of the images.
  private static func error(of values: [Double], _ variances: [Double]) -> Double {
    let count = Double(values.count)
    if !variances.isEmpty { return variances.reduce(0, +).squareRoot() / count }
    guard values.count > 1 else { return 0 }
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return (variance / count).squareRoot()
  }
}
