import Compute

/// Activation functions; the formulas are in Kernels/activations.h.
public enum Activation: String, CaseIterable, Sendable, Codable {
  case identity
  case relu
  /// x, or 0.01 x below zero.
  case leakyReLU = "leaky_relu"
  case tanh
  case sigmoid
  case softplus
  /// x Phi(x), exact form.
  case gelu

  var kernel: String { self == .tanh ? "tanh_activation" : rawValue }
}

/// y = f(x + b): x is [rows, columns], b is [columns].
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
    return launch(
      "bias_\(activation.kernel)", inputs + outputs, [.count(shape.columns)], .rows(shape.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil, nil] }
    let graph = dy.graph
    let dx =
      activation == .identity
      ? dy
      : graph.record(BiasActivationBackward(activation: activation), [inputs[0], inputs[1], dy])[0]
    return [dx, graph.columnSum(dx)]
  }
}

/// dx = dy f'(x + b).
struct BiasActivationBackward: Operation {
  let activation: Activation

  var name: String { "gradient of bias + \(activation.rawValue)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    return launch(
      "bias_\(activation.kernel)_backward", inputs + outputs, [.count(shape.columns)],
      .rows(shape.rows))
  }
}

extension Graph {
  /// f(x + bias).
  package func biasActivation(
    _ x: Tensor, _ bias: Tensor, _ activation: Activation, label: String? = nil
  ) -> Tensor {
    record(BiasActivation(activation: activation), [x, bias], label: label)[0]
  }
}
