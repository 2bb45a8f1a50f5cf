import Compute

/// ln sum_j e^x_j of each row: [rows, columns] -> [rows], by the largest of the row.
struct LogSumExp: Operation {
  var name: String { "log-sum-exp" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0].shape.rank == 2, "\(name) of \(inputs[0].shape)")
    return [TensorType([inputs[0].shape.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch("log_sum_exp", inputs + outputs, [.count(x.columns)], .rows(x.rows))
  }
}

extension Graph {
  /// ln of the sum of exponentials of each row; without a gradient.
  package func logSumExp(_ x: Tensor) -> Tensor { record(LogSumExp(), [x])[0] }
}
