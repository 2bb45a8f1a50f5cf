import Compute
import Datasets
import Foundation
import Graph
import NeuralNetwork
import VAEModels

/// Evaluates a model on every image of a split: passes over a fixed number of rows, and one over the rest.
package final class Evaluator {
  private struct Pass {
    let program: Program
    let forward: ForwardPass
  }

  private let vae: VAE
  private let images: DeviceImages
  private let binarization: Binarization
  private let inputs: StepInputs
  private var passes: [Int: Pass] = [:]

  private let rowsPerPass: Int

  package init(
    _ vae: VAE, images: DeviceImages, binarization: Binarization, rowsPerPass: Int = 500
  ) throws {
    self.rowsPerPass = rowsPerPass
    self.vae = vae
    self.images = images
    self.binarization = binarization
    inputs = try StepInputs(vae.device.backend)
  }

  /// - Parameters:
  ///   - samples: noise draws per image; draw s has the noise of (seed, evaluation, s, image).
  ///   - stop: looked at before each pass; true ends the evaluation with nil.
  package func evaluate(
    samples: Int, seed: UInt64, stop: () -> Bool = { false }
  ) throws -> Evaluation? {
    let started = monotonicSeconds()
    var sums = EvaluationSums(images: images.source.count, latents: vae.configuration.latent)
    for draw in 0..<samples {
      for start in stride(from: 0, to: images.source.count, by: rowsPerPass) {
        if stop() { return nil }
        let pass = try pass(rows: min(rowsPerPass, images.source.count - start))
        try inputs.write(seed: seed, step: draw, batchStart: start)
        try pass.program.run()
        sums.add(
          logLikelihoods: try pass.program.readDoubles(pass.forward.logLikelihood),
          divergences: try pass.program.readDoubles(pass.forward.kl), start: start)
        if draw == 0 || binarization == .dynamic {
          sums.add(posteriors: try pass.program.readDoubles(pass.forward.posterior))
        }
      }
    }
    let isBinary = vae.model.likelihood.isBinary
    return sums.evaluation(
      samples: samples,
      binarization: FigureKind.binarization(binarization, isBinary: isBinary),
      bound: FigureKind.bound(binarization, isBinary: isBinary),
      seconds: monotonicSeconds() - started)
  }

  /// The program of a whole pass, or of all images where they are fewer.
  package var program: Program {
    get throws { try pass(rows: min(rowsPerPass, images.source.count)).program }
  }

  private func pass(rows: Int) throws -> Pass {
    if let pass = passes[rows] { return pass }
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph)
    let forward = ForwardPass(
      vae, scope, rows: rows, images: images, inputs: inputs, binarization: binarization,
      noise: .evaluation)
    let program = try Program(
      graph, outputs: [forward.logLikelihood, forward.kl, forward.posterior],
      backend: vae.device.backend, storages: forward.storages)
    let pass = Pass(program: program, forward: forward)
    passes[rows] = pass
    return pass
  }
}

extension VAE {
  /// The ELBO of every image of a set with its parts, in nats per image.
  ///
  /// - Parameters:
  ///   - binarization: nil: dynamic for a binary likelihood, none otherwise.
  ///   - samples: noise draws per image.
  public func evaluate(
    _ images: ImageSet, binarization: Binarization? = nil, samples: Int = 10, seed: UInt64 = 0
  ) throws -> Evaluation {
    precondition(samples > 0, "samples must be positive")
    let evaluator = try Evaluator(
      self, images: DeviceImages(images, backend: device.backend),
      binarization: binarization ?? (model.likelihood.isBinary ? .dynamic : .none))
    guard let evaluation = try evaluator.evaluate(samples: samples, seed: seed) else {
      throw CancellationError()
    }
    return evaluation
  }
}
