import Compute

/// The training loss of groups of K draws of z, [3] = { loss, mean log-likelihood, mean ln q(z|x) - ln p(z) }, in nats per image:
/// loss = -(1 - a) mean_g ln 1/K sum_k w_gk - a mean ln w with ln w = ln p(x|z) + beta (ln p(z) - ln q(z|x)). Inputs:
/// log-likelihoods and log ratios [rows], groups one behind the other, and the scalars of a step. K = all draws of an image
/// gives the IWAE (Burda et al. 2016, eq. 8), K = 1 the ELBO with a Monte-Carlo KL, what lies between the MIWAE, 0 < a < 1
/// the CIWAE (Rainforth et al. 2018, sections 4.1 and 4.2).
struct ImportanceBound: Operation {
  let draws: Int
  let mixing: Double

  var name: String { "importance-weighted bound" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      inputs[0] == inputs[1] && inputs[0].shape.count % draws == 0,
      "\(name) of \(inputs[0].shape) and \(inputs[1].shape) in groups of \(draws)")
    return [TensorType([3])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "importance_bound", inputs + outputs,
      [.count(inputs[0].count / draws), .count(draws), .real(mixing)], .rows(1))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil] }
    let parts = gradient.graph.record(ImportanceBoundBackward(bound: self), inputs + [gradient])
    return [parts[0], parts[1], nil]
  }
}

/// The gradients by the log-likelihoods and the log ratios, [rows] each.
struct ImportanceBoundBackward: Operation {
  let bound: ImportanceBound

  var name: String { "gradient of the \(bound.name)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0], inputs[1]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let groups = inputs[0].count / bound.draws
    return launch(
      "importance_bound_backward", inputs + outputs,
      [.count(bound.draws), .real(bound.mixing), .count(groups)], .items(groups))
  }
}

extension Graph {
  /// - Parameters:
  ///   - draws: K of a group.
  ///   - mixing: the part of the ELBO, a.
  package func importanceBound(
    logLikelihood: Tensor, logRatio: Tensor, scalars: Tensor, draws: Int, mixing: Double = 0
  ) -> Tensor {
    record(
      ImportanceBound(draws: draws, mixing: mixing), [logLikelihood, logRatio, scalars],
      label: "loss")[0]
  }
}
