import Compute

/// S draws z = mu + exp(lv / 2) eps of each image's posterior, and ln p(z) - ln q(z|x) of each, in nats: posterior [rows, 2M],
/// M means, then M log-variances -> z [rows S, M] and log ratios [rows S]; rows i S … i S + S - 1 are of image i (Burda et al.
/// 2016, section 3). eps is Philox noise of (seed, purpose, step, order[batch start + image], draw M + latent), or of step
/// step + draw and element latent where the draws are steps.
struct PosteriorDraws: Operation {
  let samples: Int
  let purpose: Philox.Purpose
  let drawsAreSteps: Bool
  /// Bounds of an image, M, whose gradient is doubly reparameterised; nil: the gradient of the value.
  var doublyReparameterised: Int?

  var name: String { "\(samples) draws + log ratio" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let posterior = inputs[0].shape
    precondition(
      posterior.rank == 2 && posterior.columns % 2 == 0, "posterior of shape \(posterior)")
    let rows = posterior.rows * samples
    return [TensorType([rows, posterior.columns / 2]), TensorType([rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let z = outputs[0].shape
    return launch("posterior_draws", inputs + outputs, values(z.columns), .rows(z.rows))
  }

  /// The order is that of the whole data set; a batch reads one word an image.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [1: 4 * inputs[0].shape.rows]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    let graph = inputs[0].graph
    let dz = upstream[0] ?? graph.zeros(outputs[0].shape)
    let dratio = upstream[1] ?? graph.zeros(outputs[1].shape)
    return [graph.record(PosteriorDrawsBackward(draws: self), inputs + [dz, dratio])[0], nil, nil]
  }

  fileprivate func values(_ latents: Int) -> [KernelArgument] {
    [
      .count(latents), .uint32(purpose.rawValue), .count(samples), .uint32(drawsAreSteps ? 1 : 0),
    ]
  }
}

/// d/dposterior [rows, 2M], the sum over the draws of an image, in order; the noise is recomputed. Doubly reparameterised it is
/// not the derivative but another estimate of its mean, with less noise (Tucker et al. 2019, eq. 8), for importance-weighted
/// bounds with beta 1.
struct PosteriorDrawsBackward: Operation {
  let draws: PosteriorDraws

  var name: String { "gradient of \(draws.name)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      "posterior_draws_backward", inputs + outputs,
      draws.values(shape.columns / 2)
        + [.count((draws.doublyReparameterised ?? 0) * shape.rows)], .rows(shape.rows))
  }
}

extension Graph {
  /// - Parameters:
  ///   - drawsAreSteps: the noise of draw s is that of step s: in evaluation, where draws come in several passes.
  ///   - doublyReparameterised: the number of bounds of an image whose gradient is to be so.
  package func posteriorDraws(
    _ posterior: Tensor, samples: Int, order: Tensor, state: Tensor, purpose: Philox.Purpose,
    drawsAreSteps: Bool = false, doublyReparameterised: Int? = nil
  ) -> (z: Tensor, logRatio: Tensor) {
    let outputs = record(
      PosteriorDraws(
        samples: samples, purpose: purpose, drawsAreSteps: drawsAreSteps,
        doublyReparameterised: doublyReparameterised),
      [posterior, order, state])
    return (outputs[0], outputs[1])
  }
}
