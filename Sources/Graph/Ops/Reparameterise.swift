import Compute

/// z = mu + exp(lv / 2) eps and KL(N(mu, s2) || N(0, I)) per row, fused (Kingma & Welling 2014, section 2.4 and
/// appendix B). The posterior is [rows, 2M]: M means, then M log-variances. eps is Philox noise of
/// (seed, purpose, step, order[batch start + row], latent).
struct Reparameterise: Operation {
  let purpose: Philox.Purpose

  var name: String { "reparameterise + KL" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let posterior = inputs[0].shape
    precondition(
      posterior.rank == 2 && posterior.columns % 2 == 0, "posterior of shape \(posterior)")
    return [TensorType([posterior.rows, posterior.columns / 2]), TensorType([posterior.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let z = outputs[0].shape
    return launch(
      "reparameterise", inputs + outputs, [.count(z.columns), .uint32(purpose.rawValue)],
      .rows(z.rows), follows: .bias)
  }

  /// The order is that of the whole data set; a batch reads one word a row.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [1: 4 * outputs[0].shape.rows]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    let graph = inputs[0].graph
    let dz = upstream[0] ?? graph.zeros(outputs[0].shape)
    let dkl = upstream[1] ?? graph.zeros(outputs[1].shape)
    let backward = ReparameteriseBackward(purpose: purpose)
    return [graph.record(backward, inputs + [dz, dkl])[0], nil, nil]
  }
}

/// dmu = dz + dkl mu, dlv = dz eps s / 2 + dkl (s2 - 1) / 2, in one pass; the noise is recomputed. dkl is [rows] or, as
/// a part of the negative ELBO, told by the scalars of the step and the upstream gradient [3] in its place.
struct ReparameteriseBackward: Operation {
  let purpose: Philox.Purpose
  var isOfELBO = false

  var name: String { "gradient of reparameterise + KL" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      isOfELBO ? "reparameterise_of_elbo_backward" : "reparameterise_backward", inputs + outputs,
      [.count(shape.columns / 2), .uint32(purpose.rawValue)]
        + (isOfELBO ? [.count(shape.rows)] : []), .rows(shape.rows))
  }

  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    position == 4 && !isOfELBO && producer is KLOfELBOBackward
      ? ReparameteriseBackward(purpose: purpose, isOfELBO: true) : nil
  }

  /// The order is that of the whole data set; a batch reads one word a row.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [1: 4 * outputs[0].shape.rows]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }
}

extension Graph {
  /// A sample of the posterior and its divergence from the prior: ([rows, M], [rows]).
  package func reparameterise(
    _ posterior: Tensor, order: Tensor, state: Tensor, purpose: Philox.Purpose
  ) -> (z: Tensor, kl: Tensor) {
    let outputs = record(Reparameterise(purpose: purpose), [posterior, order, state])
    label(outputs[0], "latent sample z")
    label(outputs[1], "KL")
    return (outputs[0], outputs[1])
  }

  package func zeros(_ shape: Shape) -> Tensor {
    constant([Double](repeating: 0, count: shape.count), shape: shape)
  }
}
