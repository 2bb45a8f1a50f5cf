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
  /// [latents, images], as a device has them.
  private let means: [Double]
  private let inverseDeviations: [Double]
  /// -sum_j ln s_nj of each image.
  private let logScales: [Double]

  /// - Parameter posteriors: rows of M means, then M log-variances.
  init(_ vae: VAE, posteriors: [Double]) throws {
    self.vae = vae
    self.posteriors = posteriors
    let latents = vae.configuration.latent
    let images = posteriors.count / (2 * latents)
    func logVariance(_ image: Int, _ latent: Int) -> Double {
      LogVariance.clamped(posteriors[(2 * image + 1) * latents + latent])
    }
    var (means, inverseDeviations): ([Double], [Double]) = ([], [])
    for j in 0..<latents {
      means += (0..<images).map { Double(Float(posteriors[2 * $0 * latents + j])) }
      inverseDeviations += (0..<images).map { Double(Float(exp(-0.5 * logVariance($0, j)))) }
    }
    logScales = (0..<images).map { image in
      -0.5 * (0..<latents).reduce(0) { $0 + logVariance(image, $1) }
    }
    (self.means, self.inverseDeviations) = (means, inverseDeviations)
    (self.images, self.latents) = (images, latents)
  }

  /// ln q(z|x) - ln q(z) of a draw z from the posterior of each image, ln N at most; nil if `stop` said so.
  func logRatios(seed: UInt64, stop: () -> Bool) throws -> [Double]? {
    let draws = vae.latents(of: posteriors.map { Float($0) }, mean: false, seed: seed)
    let backend = vae.device.backend
    func buffer(_ values: [Double]) throws -> any DeviceBuffer {
      let buffer = try backend.allocate(byteCount: values.count * backend.realType.byteCount)
      try backend.upload(reals: values, to: BufferView(buffer))
      return buffer
    }
    let z = try buffer([Double](repeating: 0, count: Self.rows * latents))
    let storages = [
      "z": z, "means": try buffer(means), "inverse_deviations": try buffer(inverseDeviations),
      "log_scales": try buffer(logScales),
    ]
    var ratios: [Double] = []
    var programs: [Int: (Program, Tensor)] = [:]
    let most = log(Double(images))
    for start in stride(from: 0, to: images, by: Self.rows) {
      if stop() { return nil }
      let count = min(Self.rows, images - start)
      let (program, output) = try programs[count] ?? program(count, storages)
      programs[count] = (program, output)
      let chunk = draws[(start * latents)..<((start + count) * latents)].map(Double.init)
      try backend.upload(reals: chunk, to: BufferView(z))
      try program.run()
      for (row, logSum) in try program.readDoubles(output).enumerated() {
        let own = logDensity(
          chunk[(row * latents)..<((row + 1) * latents)], image: start + row)
        ratios.append(logSum.isNaN ? .nan : min(own - logSum + most, most))
      }
    }
    return ratios
  }

  /// ln q(z|x_n) + M/2 ln 2 pi of what the device has of the posterior.
  private func logDensity(_ z: ArraySlice<Double>, image: Int) -> Double {
    let sum = z.enumerated().reduce(0.0) { sum, latent in
      let at = latent.offset * images + image
      let deviation = (latent.element - means[at]) * inverseDeviations[at]
      return sum + deviation * deviation
    }
    return logScales[image] - 0.5 * sum
  }

  private func program(
    _ rows: Int, _ storages: [String: any DeviceBuffer]
  ) throws -> (Program, Tensor) {
    let graph = Graph()
    let densities = graph.gaussianLogDensities(
      graph.placed([rows, latents], in: "z"), means: graph.placed([latents, images], in: "means"),
      inverseDeviations: graph.placed([latents, images], in: "inverse_deviations"),
      logScales: graph.placed([images], in: "log_scales"))
    let output = graph.logSumExp(densities)
    return (
      try Program(graph, outputs: [output], backend: vae.device.backend, storages: storages), output
    )
  }
}
