import Foundation
import LinearAlgebra

extension PPCAFitting {
  /// Ascends the likelihood of all images at once by Adam (Kingma & Ba 2015) with dW = C^-1 S C^-1 W - C^-1 W and
  /// dln sigma^2 = sigma^2/2 tr(C^-1 S C^-1 - C^-1), C = W W' + sigma^2 I, until nothing is to be won.
  package static func gradient(
    _ data: PixelStatistics, latents: Int, seed: UInt64, learningRate: Double = 1e-2,
    tolerance: Double = 1e-4, limit: Int = 20_000, onIteration: (PPCAIteration) throws -> Bool
  ) throws -> PrincipalComponents {
    var model = start(data, latents: latents, seed: seed)
    var moments = AdamMoments(count: model.w.values.count + 1)
    var best = (model: model, logLikelihood: -Double.infinity)
    var lastGain = 0
    var rate = learningRate
    for number in 1...max(limit, 1) {
      let logLikelihood = try model.logLikelihood(data)
      if logLikelihood > best.logLikelihood + tolerance { lastGain = number }
      if logLikelihood > best.logLikelihood { best = (model, logLikelihood) }
      guard try onIteration(PPCAIteration(number: number, logLikelihood: logLikelihood)) else {
        break
      }
      // Where nothing was won for a while the steps are too long: smaller ones from the best point.
      if number - lastGain > 100 {
        guard rate > learningRate / 500 else { break }
        rate /= 4
        lastGain = number
        model = best.model
        moments = AdamMoments(count: model.w.values.count + 1)
      }
      let (dw, dlogVariance) = try gradient(model, data)
      let steps = moments.steps(dw.values + [dlogVariance], learningRate: rate)
      for index in dw.values.indices { model.w.values[index] += steps[index] }
      model.variance = max(
        model.variance * exp(steps[steps.count - 1]), smallestVariance)
    }
    return try best.model.rotated()
  }

  private static func gradient(
    _ model: PrincipalComponents, _ data: PixelStatistics
  ) throws -> (w: Matrix, logVariance: Double) {
    let cholesky = try Cholesky(model.precision)
    // C^-1 W = W M^-1.
    let v = cholesky.dividing(model.w)
    let sv = data.covariance * v
    let vsv = Matrix.multiply(v, sv, transposeA: true)
    // C^-1 S V = (S V - W M^-1 W' S V) / sigma^2 = (S V - V W' S V) / sigma^2.
    let csv =
      (1 / model.variance) * (sv - v * Matrix.multiply(model.w, sv, transposeA: true))
    let vv = Matrix.multiply(v, model.w, transposeA: true)
    let inverseTrace = (Double(model.pixels) - vv.trace) / model.variance
    // tr(C^-1 S C^-1) with C^-1 = (I - V W') / sigma^2.
    let ww = Matrix.multiply(model.w, model.w, transposeA: true)
    let wsv = Matrix.multiply(model.w, sv, transposeA: true)
    let quadratic =
      (data.covariance.trace - 2 * wsv.trace + ww.inner(vsv)) / (model.variance * model.variance)
    return (csv - v, 0.5 * model.variance * (quadratic - inverseTrace))
  }
}

/// The moments of Adam, ascending.
private struct AdamMoments {
  private var first: [Double]
  private var second: [Double]
  private var count = 0.0

  init(count: Int) {
    first = [Double](repeating: 0, count: count)
    second = first
  }

  mutating func steps(_ gradient: [Double], learningRate: Double) -> [Double] {
    count += 1
    let (correction1, correction2) = (1 - power(0.9, count), 1 - power(0.999, count))
    return gradient.indices.map { index in
      first[index] += 0.1 * (gradient[index] - first[index])
      second[index] += 0.001 * (gradient[index] * gradient[index] - second[index])
      let deviation = (second[index] / correction2).squareRoot()
      return learningRate * first[index] / correction1 / (deviation + 1e-8)
    }
  }
}
