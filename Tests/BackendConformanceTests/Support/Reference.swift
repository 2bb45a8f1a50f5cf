import Foundation

/// Formulas in float64, written from their definitions on plain arrays: what the kernels must compute.
enum Reference {
  static func log(_ x: Double) -> Double { Foundation.log(x) }
  static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  static func cos(_ x: Double) -> Double { Foundation.cos(x) }
  static func sin(_ x: Double) -> Double { Foundation.sin(x) }

  /// op(A) op(B), op(A) being [m, k] and op(B) [k, n].
  static func product(
    _ a: [Double], _ b: [Double], m: Int, n: Int, k: Int, transposeA: Bool = false,
    transposeB: Bool = false
  ) -> [Double] {
    let (aRow, aColumn) = transposeA ? (1, m) : (k, 1)
    let (bRow, bColumn) = transposeB ? (1, k) : (n, 1)
    return a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        (0..<(m * n)).map { index in
          let (row, column) = (index / n, index % n)
          var sum = 0.0
          var p = 0
          while p < k {
            sum += a[row * aRow + p * aColumn] * b[p * bRow + column * bColumn]
            p += 1
          }
          return sum
        }
      }
    }
  }

  /// f(x + bias) over rows of `bias.count` values.
  static func biased(_ x: [Double], _ bias: [Double], _ f: (Double) -> Double) -> [Double] {
    x.indices.map { f(x[$0] + bias[$0 % bias.count]) }
  }

  /// x W' + b with W of shape [b.count, inputs].
  static func linear(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> [Double] {
    let inputs = weight.count / bias.count
    let product = product(
      x, weight, m: x.count / inputs, n: bias.count, k: inputs, transposeB: true)
    return biased(product, bias) { $0 }
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

  /// The sum of each row of `columns` values.
  static func rowSums(_ x: [Double], columns: Int) -> [Double] {
    stride(from: 0, to: x.count, by: columns).map { x[$0..<($0 + columns)].reduce(0, +) }
  }

  static func columnSums(_ x: [Double], columns: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for index in x.indices { sums[index % columns] += x[index] }
    return sums
  }

  /// x a - ln(1 + e^a), summed over each row.
  static func bernoulli(logits: [Double], x: [Double], columns: Int) -> [Double] {
    rowSums(zip(logits, x).map { $1 * $0 - softplus($0) }, columns: columns)
  }

  /// The normal density of its textbook form, summed over each row.
  static func gaussian(mean: [Double], x: [Double], logSigma: Double, columns: Int) -> [Double] {
    let variance = exp(logSigma) * exp(logSigma)
    return rowSums(
      zip(mean, x).map { mean, x in
        -(x - mean) * (x - mean) / (2 * variance) - 0.5 * log(2 * Double.pi * variance)
      }, columns: columns)
  }

  /// z = mu + s eps and KL(N(mu, s2) || N(0, 1)) of rows of `latents` means and as many log-variances.
  static func reparameterise(
    _ posterior: [Double], latents: Int, samples: [Double], noise: ReferencePhilox
  ) -> [[Double]] {
    var z: [Double] = []
    var kl: [Double] = []
    for (row, sample) in samples.enumerated() {
      var sum = 0.0
      for j in 0..<latents {
        let mean = posterior[row * 2 * latents + j]
        let variance = exp(min(max(posterior[row * 2 * latents + latents + j], -30), 20))
        z.append(mean + variance.squareRoot() * noise.normal(j, sample: Int(sample)))
        sum += (variance + mean * mean - 1 - log(variance)) / 2
      }
      kl.append(sum)
    }
    return [z, kl]
  }

  /// { loss, mean log-likelihood, mean KL }.
  static func negativeELBO(_ logLikelihood: [Double], _ kl: [Double], beta: Double) -> [Double] {
    let likelihood = logLikelihood.reduce(0, +) / Double(logLikelihood.count)
    let divergence = kl.reduce(0, +) / Double(kl.count)
    return [beta * divergence - likelihood, likelihood, divergence]
  }
}
