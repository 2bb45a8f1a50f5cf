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

  /// Whether f'(x) is computed from x. The others have it from f(x), so x need not be kept.
  var derivativeNeedsInput: Bool {
    switch self {
    case .identity, .relu, .leakyReLU: false
    case .tanh, .sigmoid, .softplus, .gelu: true
    }
  }
}

/// y = f(x).
struct Activate: Operation {
  let activation: Activation

  var name: String { activation.rawValue }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = outputs[0].count
    return launch(
      "activate_\(activation.kernel)", inputs + outputs, [.count(count)], .items(count))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return [dy.graph.activationGradient(dy, from: inputs[0], activation)]
  }
}

/// dx = dy f'(source), the source being x or, where that tells f', f(x).
struct ActivationGradient: Operation {
  let activation: Activation

  var name: String { "gradient of \(activation.rawValue)" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0] == inputs[1], "\(name) of \(inputs[0].shape) and \(inputs[1].shape)")
    return [inputs[0]]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = outputs[0].count
    return launch(
      "\(activation.kernel)_gradient", inputs + outputs, [.count(count)], .items(count))
  }

  /// The gradient that a matrix product sends to an activation becomes its epilogue.
  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    guard position == 0, let product = producer as? MatrixProduct else { return nil }
    return product.with(.activationGradient(activation))
  }
}

extension Graph {
  /// f(x), elementwise.
  package func activate(_ x: Tensor, _ activation: Activation, label: String? = nil) -> Tensor {
    record(Activate(activation: activation), [x], label: label)[0]
  }

  func activationGradient(_ dy: Tensor, from source: Tensor, _ activation: Activation) -> Tensor {
    record(ActivationGradient(activation: activation), [dy, source])[0]
  }
}
