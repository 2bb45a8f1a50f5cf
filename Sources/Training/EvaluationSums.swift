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
        let logVariance = LogVariance.clamped(posteriors[row * 2 * latents + latents + j])
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
package struct EvaluationSums {
  private let samples: Int
  private let posteriors: PosteriorSums
  /// Mean over the draws of each image, and its variance.
  private var logLikelihoods: [Double] = []
  private var variances: [Double] = []
  /// ln 1/K sum_k w_k of each image, and its variance.
  private var bounds: [Double] = []
  private var boundVariances: [Double] = []

  init(_ sums: [Double], samples: Int, posteriors: PosteriorSums) {
    self.samples = samples
    self.posteriors = posteriors
    let k = Double(samples)
    for start in stride(from: 0, to: sums.count, by: Graph.importanceSumsWidth) {
      let (first, sum, squares) = (sums[start], sums[start + 1], sums[start + 2])
      let (top, others, squaredOthers) = (sums[start + 3], sums[start + 4], sums[start + 5])
      logLikelihoods.append(first + sum / k)
      bounds.append(top + log1p(others) - log(k))
      guard samples > 1 else { continue }
      variances.append(Self.atLeastZero(squares - sum * sum / k) / (k - 1) / k)
      boundVariances.append(Self.jackknife(others: others, squared: squaredOthers, count: k))
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

  /// The jackknife variance of ln 1/K sum_k w_k: (K - 1)/K sum_k (a_k - mean a)^2 with a_k = ln(1 - p_k), the change of the bound by
  /// leaving out a draw of the share p_k. The largest share counts as it is; the others with the a / p of their mean sum p^2 / sum p,
  /// which is exact for two draws, and up to a tenth too small for the error of three.
  ///
  /// - Parameters:
  ///   - others: sum of the weights without the largest, in units of it; `squared`: of their squares.
  package static func jackknife(others: Double, squared: Double, count: Double) -> Double {
    // Weights below the smallest float count as that: a largest weight that far above all is as good as alone.
    let others = others < 1e-38 ? 1e-38 : others
    let total = 1 + others
    let (share, squares) = (others / total, squared / (total * total))
    let mean = squares / share < 1e-300 ? 1e-300 : squares / share
    let slope = -log1p(-mean) / mean
    let alone = log(share)
    let sum = alone - slope * share
    let sumOfSquares = alone * alone + slope * slope * squares
    return atLeastZero(sumOfSquares - sum * sum / count) * (count - 1) / count
  }

  /// Without what rounding takes below 0; what is no number stays none.
  private static func atLeastZero(_ value: Double) -> Double { value < 0 ? 0 : value }

  /// That of a mean over images: from the variances of the draws, or with one draw from the scatter of the images. One draw of one
  /// image has none: NaN.
  private static func error(of values: [Double], _ variances: [Double]) -> Double {
    let count = Double(values.count)
    if !variances.isEmpty { return variances.reduce(0, +).squareRoot() / count }
    guard values.count > 1 else { return .nan }
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return (variance / count).squareRoot()
  }
}
