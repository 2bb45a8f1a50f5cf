import Compute

/// Moments of w = softmax(x) of each row: [rows, columns] -> [rows, 3] = { t, ln S, sum_j w_j (x_j - t) }
/// with t = max_j x_j and S = sum_j e^(x_j - t). The entropy of w is the second less the third.
struct SoftmaxMoments: Operation {
  var name: String { "softmax moments" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0].shape.rank == 2, "\(name) of \(inputs[0].shape)")
    return [TensorType([inputs[0].shape.rows, 3])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch("softmax_moments", inputs + outputs, [.count(x.columns)], .rows(x.rows))
  }
}

extension Graph {
  /// { t, ln S, sum_j w_j (x_j - t) } of each row; without a gradient.
  package func softmaxMoments(_ x: Tensor) -> Tensor { record(SoftmaxMoments(), [x])[0] }
}
