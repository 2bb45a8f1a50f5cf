import Compute
import Foundation
import Graph

/// q(z) = 1/N sum_n q(z|x_n) on a device, for draws of z from it: one for each image.
struct AggregatePosterior {
  /// Draws at once.
  private static let rows = 256

  private let vae: VAE
  private let posteriors: [Double]
  private let images: Int
  private let latents: Int

  /// - Parameter posteriors: rows of M means, then M log-variances.
  init(_ vae: VAE, posteriors: [Double]) throws {
    self.vae = vae
    self.posteriors = posteriors
    latents = vae.configuration.latent
    images = posteriors.count / (2 * latents)
  }

  /// ln q(z|x) - ln q(z) of a draw z from the posterior of each image, ln N at most; nil if `stop` said so.
  func logRatios(seed: UInt64, stop: () -> Bool) throws -> [Double]? {
    let draws = vae.latents(of: posteriors.map { Float($0) }, mean: false, seed: seed)
    let (weights, biases) = quadratic()
    var ratios: [Double] = []
    var programs: [Int: (Program, Tensor)] = [:]
    let backend = vae.device.backend
    let real = backend.realType.byteCount
    let z = try backend.allocate(byteCount: Self.rows * 2 * latents * real)
    let w = try backend.allocate(byteCount: weights.count * real)
    let b = try backend.allocate(byteCount: biases.count * real)
    let storages = ["z": z, "weights": w, "biases": b]
    try backend.upload(reals: weights, to: BufferView(w))
    try backend.upload(reals: biases, to: BufferView(b))
    for start in stride(from: 0, to: images, by: Self.rows) {
      if stop() { return nil }
      let count = min(Self.rows, images - start)
      let (program, output) = try programs[count] ?? program(count, storages)
      programs[count] = (program, output)
      let chunk = draws[(start * latents)..<((start + count) * latents)].map(Double.init)
      let features = (0..<count).flatMap { row -> [Double] in
        let values = chunk[(row * latents)..<((row + 1) * latents)]
        return values.map { $0 * $0 } + values
      }
      try backend.upload(reals: features, to: BufferView(z))
      try program.run()
      let logDensities = try program.readDoubles(output)
      for row in 0..<count {
        let own = logDensity(
          features[(row * 2 * latents)..<((row + 1) * 2 * latents)], image: start + row, weights,
          biases)
        let count = log(Double(images))
        ratios.append(min(own - logDensities[row] + count, count))
      }
    }
    return ratios
  }

  /// ln q(z|x_n) + M/2 ln 2 pi of the squares of z, then z.
  private func logDensity(
    _ features: ArraySlice<Double>, image: Int, _ weights: [Double], _ biases: [Double]
  ) -> Double {
    let row = weights[(image * 2 * latents)..<((image + 1) * 2 * latents)]
    return zip(row, features).reduce(biases[image]) { $0 + $1.0 * $1.1 }
  }

  /// ln q(z|x_n) + M/2 ln 2 pi = sum_j (a_nj z_j^2 + b_nj z_j) + c_n: weights [N, 2M] of a, then b, and c [N].
  private func quadratic() -> (weights: [Double], biases: [Double]) {
    var weights: [Double] = []
    var biases: [Double] = []
    weights.reserveCapacity(posteriors.count)
    for n in 0..<images {
      let row = posteriors[(n * 2 * latents)..<((n + 1) * 2 * latents)]
      let means = row.prefix(latents)
      let logVariances = row.suffix(latents).map { min(max($0, -30), 20) }
      let precisions = logVariances.map { exp(-$0) }
      weights += precisions.map { -0.5 * $0 }
      weights += zip(means, precisions).map { $0 * $1 }
      biases.append(
        -0.5
          * zip(zip(means, precisions), logVariances).reduce(0) { sum, term in
            sum + term.0.0 * term.0.0 * term.0.1 + term.1
          })
    }
    return (weights, biases)
  }

  private func program(
    _ rows: Int, _ storages: [String: any DeviceBuffer]
  ) throws -> (Program, Tensor) {
    let graph = Graph()
    let product = graph.multiply(
      graph.placed([rows, 2 * latents], in: "z"),
      graph.placed([images, 2 * latents], in: "weights"), transposeB: true)
    let logits = graph.biasActivation(product, graph.placed([images], in: "biases"), .identity)
    let output = graph.logSumExp(logits)
    return (
      try Program(graph, outputs: [output], backend: vae.device.backend, storages: storages), output
    )
  }
}
