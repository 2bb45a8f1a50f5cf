import Compute
import Datasets
import FileFormats
import Foundation
import Graph
import NeuralNetwork
import VAEModels

/// Evaluates a model on every image of a split, in passes over a number of images and draws; the rest of either is a pass of
/// its own. Figures do not depend on the passes.
package final class Evaluator {
  private struct Extent: Hashable {
    let images: Int
    let samples: Int
  }

  private let vae: VAE
  private let images: DeviceImages
  private let binarization: Binarization
  private let takesMeans: Bool
  private let rowsPerPass: Int
  private let buffers: EvaluationBuffers
  private var encodings: [Int: EncodingPass] = [:]
  private var reconstructions: [Int: ReconstructionPass] = [:]
  private var drawings: [Extent: DrawingPass] = [:]

  /// - Parameter rowsPerPass: draws of all images of a pass together; nil: 500, what fits the caches of a processor, or 8192 on
  ///   other devices.
  ///   - takesMeans: z is the posterior mean, and the figure is the log-likelihood of that: an auto-encoder's.
  package init(
    _ vae: VAE, images: DeviceImages, binarization: Binarization, takesMeans: Bool = false,
    rowsPerPass: Int? = nil
  ) throws {
    let isProcessor = vae.device.info.index == nil || vae.device.info.type == .cpu
    self.rowsPerPass = rowsPerPass ?? (isProcessor ? 500 : 8192)
    self.vae = vae
    self.images = images
    self.binarization = binarization
    self.takesMeans = takesMeans
    buffers = try EvaluationBuffers(
      vae, images: images.source.count,
      imagesPerPass: min(self.rowsPerPass, images.source.count))
  }

  /// - Parameters:
  ///   - samples: noise draws per image; draw s has the noise of (seed, evaluation, s, image). An image is binarised once for
  ///     all of them.
  ///   - withDetails: also reconstructions and, of those images, the mutual information.
  ///   - progress: is told the part that is done, before each pass.
  ///   - stop: looked at before each pass; true ends the evaluation with nil.
  package func evaluate(
    samples: Int, seed: UInt64, withDetails: Bool = false,
    mutualInformation: MutualInformationImages = .automatic,
    progress: (Double) -> Void = { _ in }, stop: () -> Bool = { false }
  ) throws -> Evaluation? {
    try ArgumentError.check(samples > 0, "evaluate(samples)", "\(samples) draws")
    if case .count(let number) = mutualInformation {
      try ArgumentError.check(number > 0, "evaluate(mutualInformation)", "\(number) images")
    }
    let started = monotonicSeconds()
    let samples = takesMeans ? 1 : samples
    let count = images.source.count
    var posteriors = PosteriorSums(latents: vae.configuration.latent, arePoints: takesMeans)
    var details = EvaluationDetails.Sums(latents: vae.configuration.latent)
    // The aggregate of points has no density.
    let draws =
      withDetails && !takesMeans
      ? InformationDraws(
        mutualInformation, of: count, draws: samples, latents: vae.configuration.latent, seed: seed)
      : nil
    let share = boundsShare(samples: samples, draws)
    let samplesPerPass = min(samples, rowsPerPass)
    let imagesPerPass = max(1, rowsPerPass / samplesPerPass)
    for start in stride(from: 0, to: count, by: imagesPerPass) {
      let encoding = try encoding(min(imagesPerPass, count - start))
      for draw in stride(from: 0, to: samples, by: samplesPerPass) {
        if stop() { return nil }
        progress(
          share
            * (Double(start) + Double(min(imagesPerPass, count - start)) * Double(draw)
              / Double(samples)) / Double(count))
        try buffers.inputs.write(seed: seed, step: draw, batchStart: start)
        if draw == 0 {
          try encoding.program.run()
          let rows = try encoding.program.readDoubles(encoding.posterior)
          posteriors.add(rows)
          if withDetails {
            let pass = try reconstruction(min(imagesPerPass, count - start))
            try pass.program.run()
            details.add(rows, squaredError: try pass.program.readDoubles(pass.squaredError))
          }
        }
        try drawing(
          Extent(
            images: min(imagesPerPass, count - start), samples: min(samplesPerPass, samples - draw))
        ).program.run()
      }
    }
    let isBinary = vae.model.likelihood.isBinary
    let numbers = try vae.device.backend.downloadReals(
      BufferView(buffers.sums), count: count * Graph.importanceSumsWidth)
    let bound = FigureKind.bound(binarization, isBinary: isBinary, takesMeans: takesMeans)
    var evaluation = EvaluationSums(numbers, samples: samples, posteriors: posteriors).evaluation(
      binarization: FigureKind.binarization(binarization, isBinary: isBinary), bound: bound,
      discreteDimensions: vae.model.likelihood.isDiscrete && bound == FigureKind.elbo
        ? vae.configuration.image.count : nil,
      seconds: 0)
    if withDetails {
      evaluation.details = try details.finish(
        vae, kl: evaluation.kl, seed: seed, draws: draws,
        progress: { progress(share + (1 - share) * $0) }, stop: stop)
      guard evaluation.details != nil else { return nil }
    }
    evaluation.seconds = monotonicSeconds() - started
    return evaluation
  }

  /// The part of the work of an evaluation that the bounds are, by multiply-adds; the rest is the
  /// mutual information.
  private func boundsShare(samples: Int, _ draws: InformationDraws?) -> Double {
    let count = images.source.count
    let bounds = Double(count) * Double(samples) * Double(vae.layout.parameterCount)
    let work = draws?.work(images: count, latents: vae.configuration.latent) ?? 0
    return bounds / (bounds + work)
  }

  /// The programs of one draw of each image of a whole pass, or of all images where they are fewer.
  package var programs: [Program] {
    get throws {
      let count = min(rowsPerPass, images.source.count)
      return [
        try encoding(count).program, try drawing(Extent(images: count, samples: 1)).program,
      ]
    }
  }

  private func encoding(_ count: Int) throws -> EncodingPass {
    if let pass = encodings[count] { return pass }
    let pass = try EncodingPass(
      vae, images: images, count: count, binarization: binarization, buffers: buffers)
    encodings[count] = pass
    return pass
  }

  private func reconstruction(_ count: Int) throws -> ReconstructionPass {
    if let pass = reconstructions[count] { return pass }
    let pass = try ReconstructionPass(vae, images: images, count: count, buffers: buffers)
    reconstructions[count] = pass
    return pass
  }

  private func drawing(_ extent: Extent) throws -> DrawingPass {
    if let pass = drawings[extent] { return pass }
    let pass = try DrawingPass(
      vae, images: images, count: extent.images, samples: extent.samples,
      takesMeans: takesMeans, buffers: buffers)
    drawings[extent] = pass
    return pass
  }
}

extension VAE {
  /// Throws for images of another size than the model's, and for none.
  func check(_ images: ImageSet, _ call: String) throws(ArgumentError) {
    let shape = ImageShape(height: images.height, width: images.width, channels: images.channels)
    try ArgumentError.check(
      shape == configuration.image, call,
      "images of \(shape), and the model is for \(configuration.image)")
    try ArgumentError.check(images.count > 0, call, "no images")
  }

  /// The bounds of every image of a set with their parts, in nats per image.
  ///
  /// - Parameters:
  ///   - binarization: nil: dynamic for a binary likelihood, none otherwise.
  ///   - samples: noise draws per image, K of the IWAE bound.
  ///   - takesMeans: for an auto-encoder: z is the posterior mean, `samples` is 1.
  ///   - mutualInformation: the images that it is estimated with, by `samples` draws of each.
  ///   - progress: is told the part that is done, now and then.
  ///   - stop: looked at now and then; true ends it with `CancellationError`.
  public func evaluate(
    _ images: ImageSet, binarization: Binarization? = nil, samples: Int = 10, seed: UInt64 = 0,
    takesMeans: Bool = false, mutualInformation: MutualInformationImages = .automatic,
    progress: (Double) -> Void = { _ in }, stop: () -> Bool = { false }
  ) throws -> Evaluation {
    try check(images, "evaluate(images)")
    let evaluator = try Evaluator(
      self, images: DeviceImages(images, backend: device.backend),
      binarization: binarization ?? (model.likelihood.isBinary ? .dynamic : .none),
      takesMeans: takesMeans)
    guard
      let evaluation = try evaluator.evaluate(
        samples: samples, seed: seed, withDetails: true, mutualInformation: mutualInformation,
        progress: progress, stop: stop)
    else { throw CancellationError() }
    return evaluation
  }
}
