import Compute

/// The log-variances of posteriors [rows, 2M] cut off at both ends, the means as they are; no gradient passes where it cuts
/// ("hardtanh" of Tomczak & Welling 2018, with -6 and 2).
struct BoundLogVariance: Operation {
  let low: Double
  let high: Double

  var name: String { "bounded log-variance" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0].shape.columns % 2 == 0, "\(name) of \(inputs[0].shape)")
    return [inputs[0]]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("bound_log_variance", inputs + outputs, values(outputs[0]), .rows(outputs[0].shape.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return dy.graph.record(BoundLogVarianceBackward(bounds: self), [inputs[0], dy])
  }

  fileprivate func values(_ posterior: BoundTensor) -> [KernelArgument] {
    [.count(posterior.shape.columns / 2), .real(low), .real(high)]
  }
}

/// dx = dy where nothing was cut off, else 0.
struct BoundLogVarianceBackward: Operation {
  let bounds: BoundLogVariance

  var name: String { "gradient of the \(bounds.name)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "bound_log_variance_backward", inputs + outputs, bounds.values(outputs[0]),
      .rows(outputs[0].shape.rows))
  }
}

extension Graph {
  /// The posterior with log-variances in [low, high].
  package func boundLogVariance(_ posterior: Tensor, low: Double, high: Double) -> Tensor {
    record(BoundLogVariance(low: low, high: high), [posterior], label: "posterior")[0]
  }
}
