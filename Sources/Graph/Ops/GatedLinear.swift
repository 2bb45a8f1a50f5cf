import Compute

/// y = a sigmoid(b): [rows, 2n], n values of a, then n of b -> [rows, n] (gated linear unit, Dauphin et al. 2017, eq. 1).
struct GatedLinear: Operation {
  var name: String { "gate" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let x = inputs[0].shape
    precondition(x.rank == 2 && x.columns % 2 == 0, "\(name) of \(x)")
    return [TensorType([x.rows, x.columns / 2])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let y = outputs[0].shape
    return launch("gated_linear", inputs + outputs, [.count(y.columns)], .rows(y.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return dy.graph.record(GatedLinearBackward(), [inputs[0], dy])
  }
}

/// da = dy sigmoid(b), db = dy a sigmoid'(b).
struct GatedLinearBackward: Operation {
  var name: String { "gradient of the gate" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let dy = inputs[1].shape
    return launch("gated_linear_backward", inputs + outputs, [.count(dy.columns)], .rows(dy.rows))
  }
}

extension Graph {
  /// a sigmoid(b) of the two halves of each row.
  package func gate(_ x: Tensor, label: String? = nil) -> Tensor {
    record(GatedLinear(), [x], label: label)[0]
  }
}
