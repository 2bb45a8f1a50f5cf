import Compute

/// ln N(x; mean, sigma^2 I) = -1/2 |x - mean|^2 / sigma^2 - D (ln sigma + 1/2 ln 2 pi), nats per row. Mean and x are
/// [rows, D], ln sigma is [1]: a parameter when sigma is learned, a constant when it is fixed.
struct GaussianLogLikelihood: Operation {
  var name: String { "Gaussian log-likelihood" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0] == inputs[1], "\(name) of \(inputs[0].shape) and \(inputs[1].shape)")
    precondition(inputs[2].shape == [1], "ln sigma has the shape \(inputs[2].shape)")
    return [TensorType([inputs[0].shape.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = inputs[0].shape
    return launch(
      "gaussian_log_likelihood", inputs + outputs, [.count(shape.columns)], .rows(shape.rows),
      follows: .bias)
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil] }
    let graph = gradient.graph
    let parts = graph.record(GaussianLogLikelihoodBackward(), inputs + [gradient])
    return [parts[0], nil, graph.sum(parts[1])]
  }
}

/// d/dmean = upstream (x - mean) / sigma^2, [rows, D], and d/dln sigma = upstream (|x - mean|^2 / sigma^2 - D), [rows];
/// fused, the log-likelihood comes out of the same pass.
struct GaussianLogLikelihoodBackward: Operation {
  var givesValue = false

  var name: String {
    givesValue ? "Gaussian log-likelihood + gradient" : "gradient of the Gaussian log-likelihood"
  }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [inputs[0], TensorType([inputs[0].shape.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      givesValue ? "gaussian_log_likelihood_with_gradient" : "gaussian_log_likelihood_backward",
      inputs + outputs, [.count(shape.columns)], .rows(shape.rows),
      follows: givesValue ? .bias : nil)
  }

  func joined(with other: any Operation) -> (any Operation)? {
    !givesValue && other is GaussianLogLikelihood
      ? GaussianLogLikelihoodBackward(givesValue: true) : nil
  }
}

extension Graph {
  package func gaussianLogLikelihood(mean: Tensor, x: Tensor, logSigma: Tensor) -> Tensor {
    record(GaussianLogLikelihood(), [mean, x, logSigma], label: "log-likelihood")[0]
  }
}
