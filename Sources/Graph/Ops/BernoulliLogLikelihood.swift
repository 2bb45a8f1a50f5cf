import Compute

/// ln p(x | logits) = sum_j x_j a_j - softplus(a_j), nats per row: logits and x are [rows, D] -> [rows].
struct BernoulliLogLikelihood: Operation {
  var name: String { "Bernoulli log-likelihood" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0] == inputs[1], "\(name) of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([inputs[0].shape.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = inputs[0].shape
    return launch(
      "bernoulli_log_likelihood", inputs + outputs, [.count(shape.columns)], .rows(shape.rows),
      follows: .bias)
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil] }
    return [gradient.graph.record(BernoulliLogLikelihoodBackward(), inputs + [gradient])[0], nil]
  }
}

/// d/da = upstream (x - sigmoid(a)); fused, the log-likelihood comes out of the same pass.
struct BernoulliLogLikelihoodBackward: Operation {
  var givesValue = false

  var name: String {
    givesValue
      ? "Bernoulli log-likelihood + gradient" : "gradient of the Bernoulli log-likelihood"
  }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      givesValue ? "bernoulli_log_likelihood_with_gradient" : "bernoulli_log_likelihood_backward",
      inputs + outputs, [.count(shape.columns)], .rows(shape.rows),
      follows: givesValue ? .bias : nil)
  }

  func joined(with other: any Operation) -> (any Operation)? {
    !givesValue && other is BernoulliLogLikelihood
      ? BernoulliLogLikelihoodBackward(givesValue: true) : nil
  }
}

extension Graph {
  package func bernoulliLogLikelihood(logits: Tensor, x: Tensor) -> Tensor {
    record(BernoulliLogLikelihood(), [logits, x], label: "log-likelihood")[0]
  }
}
