import Compute

/// The training loss of a batch, -mean(log-likelihood) + beta mean(KL), with its parts: [3] = { loss, mean
/// log-likelihood, mean KL } in nats per image (Kingma & Welling 2014, eq. 10; beta: Higgins et al. 2017).
struct NegativeELBO: Operation {
  var name: String { "negative ELBO" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0] == inputs[1], "ELBO of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([3])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("negative_elbo", inputs + outputs, [.count(inputs[0].count)], .rows(1))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil] }
    let rows = inputs[0].shape.count
    let parts = gradient.graph.record(NegativeELBOBackward(rows: rows), [inputs[2], gradient])
    return [parts[0], parts[1], nil]
  }
}

/// dll = (u1 - u0) / rows, dkl = (beta u0 + u2) / rows.
struct NegativeELBOBackward: Operation {
  let rows: Int

  var name: String { "gradient of the negative ELBO" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([rows]), TensorType([rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("negative_elbo_backward", inputs + outputs, [.count(rows)], .items(rows))
  }
}

extension Graph {
  /// - Parameter scalars: the real numbers of a step, `StepScalars`.
  package func negativeELBO(logLikelihood: Tensor, kl: Tensor, scalars: Tensor) -> Tensor {
    record(NegativeELBO(), [logLikelihood, kl, scalars], label: "loss")[0]
  }
}
