import Compute

/// The training loss of a batch, -mean(log-likelihood) + beta mean(KL), with its parts: [3] = { loss, mean
/// log-likelihood, mean KL } in nats per image (Kingma & Welling 2014, eq. 10; beta: Higgins et al. 2017). There may be several
/// log-likelihoods for each KL, as many for all: draws of one posterior.
struct NegativeELBO: Operation {
  var name: String { "negative ELBO" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      inputs[0].shape.count % inputs[1].shape.count == 0,
      "ELBO of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([3])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "negative_elbo", inputs + outputs,
      [.count(inputs[1].count), .count(inputs[0].count / inputs[1].count)], .rows(1))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil] }
    let (graph, shape) = (gradient.graph, inputs[0].shape)
    // The weights of the three are mostly known beforehand, and then this gradient is, too: no launch makes it.
    let likelihood =
      if let u = graph.constants[gradient.id] {
        graph.constant(
          [Double](repeating: (u[1] - u[0]) / Double(shape.count), count: shape.count),
          shape: shape)
      } else {
        graph.record(LogLikelihoodOfELBOBackward(rows: shape.count), [gradient])[0]
      }
    let divergence = graph.record(
      KLOfELBOBackward(rows: inputs[1].shape.count), [inputs[2], gradient])[0]
    return [likelihood, divergence, nil]
  }
}

/// dll = (u1 - u0) / rows, [rows], with the upstream gradient u [3].
struct LogLikelihoodOfELBOBackward: Operation {
  let rows: Int

  var name: String { "gradient of the mean log-likelihood" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("log_likelihood_of_elbo_backward", inputs + outputs, [.count(rows)], .items(rows))
  }
}

/// dkl = (beta u0 + u2) / rows, [rows], with the scalars of a step and the upstream gradient u [3].
struct KLOfELBOBackward: Operation {
  let rows: Int

  var name: String { "gradient of the mean KL" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("kl_of_elbo_backward", inputs + outputs, [.count(rows)], .items(rows))
  }
}

extension Graph {
  /// - Parameter scalars: the real numbers of a step, `StepScalars`.
  package func negativeELBO(logLikelihood: Tensor, kl: Tensor, scalars: Tensor) -> Tensor {
    record(NegativeELBO(), [logLikelihood, kl, scalars], label: "loss")[0]
  }
}
