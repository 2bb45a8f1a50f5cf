import Compute

/// y = f(x + b): x is [rows, columns], b is [columns]. f is the identity or an activation whose derivative can be told
/// from its output.
struct BiasActivation: Operation {
  let activation: Activation

  var name: String { "bias + \(activation.rawValue)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (x, bias) = (inputs[0].shape, inputs[1].shape)
    precondition(x.rank == 2 && bias == [x.columns], "\(name) of \(x) and \(bias)")
    return [inputs[0]]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    // Some thousand values a work-group.
    let lines = max(1, 1024 / max(shape.columns, 1))
    return launch(
      "bias_\(activation.kernel)", inputs + outputs,
      [.count(shape.columns), .count(shape.rows), .count(lines)],
      .rows((shape.rows + lines - 1) / lines))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil, nil] }
    let graph = dy.graph
    let dx =
      activation == .identity ? dy : graph.activationGradient(dy, from: outputs[0], activation)
    return [dx, graph.columnSum(dx)]
  }

  /// The bias and the activation of a matrix product become its epilogue.
  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    guard position == 0, let product = producer as? MatrixProduct else { return nil }
    return product.with(.biasActivation(activation))
  }
}

extension Graph {
  /// f(x + bias).
  package func biasActivation(
    _ x: Tensor, _ bias: Tensor, _ activation: Activation, label: String? = nil
  ) -> Tensor {
    if activation.derivativeNeedsInput {
      let sum = record(BiasActivation(activation: .identity), [x, bias])[0]
      if let label { self.label(sum, "\(label) before \(activation.rawValue)") }
      return activate(sum, activation, label: label)
    }
    return record(BiasActivation(activation: activation), [x, bias], label: label)[0]
  }
}
