import Compute

/// A training loss with a penalty in place of the KL, [3] = { -mean ln p(x|z) + beta mean penalty, mean log-likelihood, mean KL },
/// in nats per image. Log-likelihoods, KL and penalties may be of different counts.
struct PenalisedELBO: Operation {
  var name: String { "penalised ELBO" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([3])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("penalised_elbo", inputs + outputs, inputs[0..<3].map { .count($0.count) }, .rows(1))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil, nil] }
    let graph = gradient.graph
    // The KL is there to be shown: mostly nothing comes from it.
    let isShownOnly = graph.constants[gradient.id].map { $0[2] == 0 } ?? false
    return [
      graph.record(LogLikelihoodOfELBOBackward(rows: inputs[0].shape.count), [gradient])[0],
      isShownOnly
        ? nil : graph.record(KLOfPenalisedELBOBackward(rows: inputs[1].shape.count), [gradient])[0],
      graph.record(PenaltyOfELBOBackward(rows: inputs[2].shape.count), [inputs[3], gradient])[0],
      nil,
    ]
  }
}

/// dpenalty = beta u0 / rows, [rows].
struct PenaltyOfELBOBackward: Operation {
  let rows: Int

  var name: String { "gradient of the mean penalty" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("penalty_of_elbo_backward", inputs + outputs, [.count(rows)], .items(rows))
  }
}

/// dkl = u2 / rows, [rows].
struct KLOfPenalisedELBOBackward: Operation {
  let rows: Int

  var name: String { "gradient of the mean KL" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("kl_of_penalised_elbo_backward", inputs + outputs, [.count(rows)], .items(rows))
  }
}

extension Graph {
  package func penalisedELBO(
    logLikelihood: Tensor, kl: Tensor, penalty: Tensor, scalars: Tensor
  ) -> Tensor {
    record(PenalisedELBO(), [logLikelihood, kl, penalty, scalars], label: "loss")[0]
  }
}
