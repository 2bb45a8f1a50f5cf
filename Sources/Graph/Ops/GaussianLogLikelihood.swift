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
      "gaussian_log_likelihood", inputs + outputs, [.count(shape.columns)], .rows(shape.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil, nil] }
    let graph = gradient.graph
    let mean = graph.record(GaussianMeanBackward(), inputs + [gradient])[0]
    let rows = graph.record(GaussianLogSigmaBackward(), inputs + [gradient])[0]
    return [mean, nil, graph.sum(rows)]
  }
}

/// d/dmean = upstream (x - mean) / sigma^2.
struct GaussianMeanBackward: Operation {
  var name: String { "gradient of the Gaussian log-likelihood (mean)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      "gaussian_log_likelihood_backward_mean", inputs + outputs, [.count(shape.columns)],
      .rows(shape.rows))
  }
}

/// d/dln sigma per row = upstream (|x - mean|^2 / sigma^2 - D).
struct GaussianLogSigmaBackward: Operation {
  var name: String { "gradient of the Gaussian log-likelihood (ln sigma)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([inputs[0].shape.rows])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = inputs[0].shape
    return launch(
      "gaussian_log_likelihood_backward_log_sigma", inputs + outputs, [.count(shape.columns)],
      .rows(shape.rows))
  }
}

extension Graph {
  package func gaussianLogLikelihood(mean: Tensor, x: Tensor, logSigma: Tensor) -> Tensor {
    record(GaussianLogLikelihood(), [mean, x, logSigma], label: "log-likelihood")[0]
  }
}
