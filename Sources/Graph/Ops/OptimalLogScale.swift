import Compute

/// |x - mean|^2 of each row: mean [rows, D] and x [images, D] with rows = images times samples -> [rows].
struct SquaredDistance: Operation {
  var name: String { "squared distance" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (mean, x) = (inputs[0].shape, inputs[1].shape)
    precondition(
      mean.columns == x.columns && mean.rows % max(x.rows, 1) == 0, "\(name) of \(mean) and \(x)")
    return [TensorType([mean.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let (mean, x) = (inputs[0].shape, inputs[1].shape)
    return launch(
      "squared_distance", inputs + outputs, [.count(x.columns), .count(mean.rows / x.rows)],
      .rows(mean.rows))
  }
}

/// ln sigma = 1/2 ln(sum of squared distances / (rows D)), [1], the scale that maximises a Gaussian likelihood of the batch
/// (Rybkin et al. 2021, eq. 8); keeps ln of the root of a running mean of sigma^2, of about the last tenth
/// of the steps and at most 100, in its last input, [1]. At the optimum the likelihood does not
/// change with sigma, so its gradient is that of a constant scale.
struct OptimalLogScale: Operation {
  let columns: Int

  var name: String { "optimal sigma" }
  var updatedInputs: [Int] { [2] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([1])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "optimal_log_scale", inputs + outputs, [.count(inputs[0].count), .count(columns)], .rows(1))
  }
}

extension Graph {
  /// - Parameters:
  ///   - state: of the step; the first sets `running`.
  ///   - running: changed in place.
  package func optimalLogScale(mean: Tensor, x: Tensor, state: Tensor, running: Tensor) -> Tensor {
    record(
      OptimalLogScale(columns: x.shape.columns),
      [squaredDistance(mean: mean, x: x), state, running])[0]
  }

  /// |x - mean|^2 of each row, [rows].
  package func squaredDistance(mean: Tensor, x: Tensor) -> Tensor {
    record(SquaredDistance(), [mean, x])[0]
  }
}
