import Compute

/// The means of posteriors: [rows, 2M] -> [rows, M].
struct PosteriorMean: Operation {
  var name: String { "posterior mean" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let posterior = inputs[0].shape
    precondition(
      posterior.rank == 2 && posterior.columns % 2 == 0, "posterior of shape \(posterior)")
    return [TensorType([posterior.rows, posterior.columns / 2])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let mean = outputs[0].shape
    return launch("posterior_mean", inputs + outputs, [.count(mean.columns)], .rows(mean.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dmean = upstream[0] else { return [nil] }
    return dmean.graph.record(PosteriorMeanBackward(), [dmean])
  }
}

/// [rows, M] -> [rows, 2M], with zeros for the log-variances.
struct PosteriorMeanBackward: Operation {
  var name: String { "gradient of the posterior mean" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([inputs[0].shape.rows, 2 * inputs[0].shape.columns])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let dmean = inputs[0].shape
    return launch(
      "posterior_mean_backward", inputs + outputs, [.count(dmean.columns)], .rows(dmean.rows))
  }
}

extension Graph {
  package func posteriorMean(_ posterior: Tensor) -> Tensor {
    record(PosteriorMean(), [posterior], label: "posterior mean")[0]
  }
}
