import Compute
import Datasets
import FileFormats
import Foundation

extension VAE {
  /// Draws z from the prior N(0, I): `count` rows of M, none for a negative count. A function of (seed, row).
  public func priorLatents(count: Int, seed: UInt64) -> [Float] {
    let philox = Philox(seed: seed, purpose: .priorSample)
    return (0..<max(count, 0)).flatMap { row in
      Normals.values(philox, sample: UInt32(row), count: configuration.latent)
    }
  }

  /// E[x|z] for `count` draws of z from the prior: rows of `configuration.image.count` values, in [0, 1] for a Bernoulli.
  ///
  /// - Parameter drawsPixels: a draw of x from p(x|z) instead of its mean.
  public func sample(count: Int, seed: UInt64 = 0, drawsPixels: Bool = false) throws -> [Float] {
    try ArgumentError.check(
      (0...Int(Int32.max)).contains(count), "sample(count)", "\(count) samples")
    let latents = priorLatents(count: count, seed: seed)
    return drawsPixels ? try draw(latents: latents, seed: seed) : try decode(latents)
  }

  /// One z per whole row of posteriors (M means, then M log-variances): the mean, or mean + exp(lv / 2) eps.
  public func latents(of posteriors: [Float], mean: Bool, seed: UInt64 = 0) -> [Float] {
    let m = configuration.latent
    let philox = Philox(seed: seed, purpose: .evaluationNoise)
    return (0..<(posteriors.count / (2 * m))).flatMap { row -> [Float] in
      let means = posteriors[(row * 2 * m)..<(row * 2 * m + m)]
      if mean { return Array(means) }
      let noise = Normals.values(philox, sample: UInt32(row), count: m)
      return (0..<m).map { j -> Float in
        let logVariance = LogVariance.clamped(posteriors[row * 2 * m + m + j])
        return means[means.startIndex + j] + exp(logVariance / 2) * noise[j]
      }
    }
  }

  /// E[x|z] with z from the posterior of each image, by its mean or one draw.
  public func reconstruct(_ images: [Float], mean: Bool, seed: UInt64 = 0) throws -> [Float] {
    try decode(latents(of: encode(images), mean: mean, seed: seed))
  }
}

/// Standard normals on the host by Box and Muller from the words of a Philox stream (Kernels/random.h).
package enum Normals {
  package static func values(_ philox: Philox, sample: UInt32, count: Int) -> [Float] {
    var values: [Float] = []
    for block in 0..<UInt32((count + 3) / 4) {
      let words = philox.words(block: block, sample: sample)
      for pair in [(words[0], words[1]), (words[2], words[3])] {
        let u1 = (Double(pair.0 >> 9) + 0.5) * 0x1p-23
        let u2 = (Double(pair.1 >> 9) + 0.5) * 0x1p-23
        let radius = (-2 * log(u1)).squareRoot()
        values.append(Float(radius * cos(2 * .pi * u2)))
        values.append(Float(radius * sin(2 * .pi * u2)))
      }
    }
    return Array(values.prefix(count))
  }
}
