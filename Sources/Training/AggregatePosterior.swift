import Compute
import Foundation
import Graph

/// q(z) = 1/N sum_n q(z|x_n) of N images on a device, and what draws of it say of the images.
struct AggregatePosterior {
  private let vae: VAE
  /// Rows of M means, then M log-variances.
  private let posteriors: [Float]
  private let images: Int
  private let latents: Int
  /// The draws of a pass, and the posteriors as the device takes them.
  private let z: any DeviceBuffer
  private let parameters: [String: any DeviceBuffer]
  /// Draws at once.
  private let rows: Int

  /// - Parameter posteriors: rows of M means, then M log-variances.
  init(_ vae: VAE, posteriors: [Float]) throws {
    let latents = vae.configuration.latent
    let images = posteriors.count / (2 * latents)
    (self.vae, self.posteriors) = (vae, posteriors)
    (self.images, self.latents) = (images, latents)
    func logVariance(_ image: Int, _ latent: Int) -> Double {
      LogVariance.clamped(Double(posteriors[(2 * image + 1) * latents + latent]))
    }
    rows = max(8, min(256, (1 << 24) / max(images, 1)))
    let backend = vae.device.backend
    func buffer(_ values: [Float]) throws -> any DeviceBuffer {
      let buffer = try backend.allocate(byteCount: values.count * backend.realType.byteCount)
      try backend.upload(reals: values, to: BufferView(buffer))
      return buffer
    }
    z = try buffer([Float](repeating: 0, count: rows * latents))
    parameters = [
      "means": try buffer(
        GaussianBlocks.arranged(count: images, dimensions: latents, filling: 0) {
          posteriors[2 * $0 * latents + $1]
        }),
      "inverse_deviations": try buffer(
        GaussianBlocks.arranged(count: images, dimensions: latents, filling: 0) {
          Float(exp(-0.5 * logVariance($0, $1)))
        }),
      "log_scales": try buffer(
        (0..<images).map { image in
          Float(-0.5 * (0..<latents).reduce(0) { $0 + logVariance(image, $1) })
        }),
    ]
  }

  /// ln N - H(w) and sum_n w_n ln(q(z|x_n) / p(z)) of each draw (see `InformationEstimate`); nil if
  /// `stop` said so. Draw k of image n has the noise of (seed, evaluation, k, n).
  func terms(
    _ draws: InformationDraws, seed: UInt64, progress: (Double) -> Void, stop: () -> Bool
  ) throws -> [(a: Double, c: Double)]? {
    let backend = vae.device.backend
    var terms: [(a: Double, c: Double)] = []
    terms.reserveCapacity(draws.count)
    var programs: [Int: (Program, Tensor)] = [:]
    let most = log(Double(images))
    while terms.count < draws.count {
      if stop() { return nil }
      progress(Double(terms.count) / Double(draws.count))
      let range = terms.count..<min(terms.count + rows, draws.count)
      let values = range.flatMap { index in
        draw(draws.images[index / draws.perImage], index % draws.perImage, seed: seed)
      }
      let (program, output) = try programs[range.count] ?? program(range.count)
      programs[range.count] = (program, output)
      try backend.upload(
        reals: values, to: BufferView(z, byteCount: values.count * backend.realType.byteCount))
      try program.run()
      let moments = try program.readDoubles(output)
      for row in 0..<range.count {
        let (top, logSum, mean) = (moments[3 * row], moments[3 * row + 1], moments[3 * row + 2])
        let squares = values[(row * latents)..<((row + 1) * latents)].reduce(0.0) {
          $0 + Double($1) * Double($1)
        }
        let information = most - (logSum - mean)
        terms.append(
          (information.isNaN ? .nan : min(max(information, 0), most), top + mean + 0.5 * squares))
      }
    }
    return terms
  }

  private func draw(_ image: Int, _ number: Int, seed: UInt64) -> [Float] {
    let noise = Normals.values(
      Philox(seed: seed, purpose: .evaluationNoise, step: UInt32(number)), sample: UInt32(image),
      count: latents)
    let start = 2 * image * latents
    return (0..<latents).map { j in
      let logVariance = LogVariance.clamped(Double(posteriors[start + latents + j]))
      return posteriors[start + j] + Float(exp(0.5 * logVariance)) * noise[j]
    }
  }

  private func program(_ rows: Int) throws -> (Program, Tensor) {
    let graph = Graph()
    let blocks = (images + GaussianBlocks.images - 1) / GaussianBlocks.images
    let shape: Shape = [blocks, latents, GaussianBlocks.images]
    let densities = graph.gaussianLogDensities(
      graph.placed([rows, latents], in: "z"), means: graph.placed(shape, in: "means"),
      inverseDeviations: graph.placed(shape, in: "inverse_deviations"),
      logScales: graph.placed([images], in: "log_scales"))
    let output = graph.softmaxMoments(densities)
    let program = try Program(
      graph, outputs: [output], backend: vae.device.backend,
      storages: parameters.merging(["z": z]) { first, _ in first })
    return (program, output)
  }
}
