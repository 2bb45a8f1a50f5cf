import Compute

/// (x - mean)^2 with the mean of each column from its sum: [rows, columns].
struct SquaredDeviation: Operation {
  var name: String { "squared deviation" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch(
      "squared_deviation", inputs + outputs, [.count(x.columns), .real(Double(x.rows))],
      .rows(x.rows))
  }
}

/// Sums of x and of its squared deviations over the blocks and groups of a group normalisation.
struct GroupSums: Operation {
  let kind: Normalisation

  var name: String { "statistics of groups" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let x = inputs[0].shape
    precondition(
      x.rows % kind.blockRows == 0 && x.columns % kind.groups == 0,
      "\(kind.groups) groups of \(x) in blocks of \(kind.blockRows) rows")
    let statistics = TensorType([x.rows / kind.blockRows * kind.groups])
    return [statistics, statistics]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "group_sums", inputs + outputs,
      [.count(inputs[0].shape.columns), .count(kind.blockRows), .count(kind.groups)],
      .rows(outputs[0].count))
  }
}

/// Keeps running means and unbiased variances of batches, in place: r += (batch - r) / 10.
struct RunningStatistics: Operation {
  let rows: Int

  var name: String { "running statistics" }
  var updatedInputs: [Int] { [2, 3] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = inputs[0].count
    return launch(
      "running_statistics", inputs, [.real(Double(rows)), .count(count)], .items(count))
  }
}

extension Graph {
  /// gamma (x - mean) / sqrt(variance + 1e-5) by the statistics of the batch, which also move the running ones.
  package func batchNormalise(
    _ x: Tensor, gamma: Tensor, runningMean: Tensor, runningVariance: Tensor
  ) -> Tensor {
    let sums = columnSum(x)
    let squares = columnSum(record(SquaredDeviation(), [x, sums])[0])
    _ = record(
      RunningStatistics(rows: x.shape.rows), [sums, squares, runningMean, runningVariance])
    return record(Normalise(kind: .batch(x.shape)), [x, sums, squares, gamma])[0]
  }

  /// The same by kept statistics, as in evaluation; no gradient.
  package func batchNormalise(
    _ x: Tensor, gamma: Tensor, mean: Tensor, variance: Tensor
  ) -> Tensor {
    let kind = Normalisation(
      blockRows: max(x.shape.rows, 1), groups: x.shape.columns, count: 1, isBatch: true)
    return record(Normalise(kind: kind, isFixed: true), [x, mean, variance, gamma])[0]
  }

  /// The same by the statistics of each image's groups of channels; x is [images rowsPerImage, channels].
  package func groupNormalise(
    _ x: Tensor, gamma: Tensor, groups: Int, rowsPerImage: Int
  ) -> Tensor {
    let kind = Normalisation.groups(groups, rowsPerImage: rowsPerImage, columns: x.shape.columns)
    let statistics = record(GroupSums(kind: kind), [x])
    return record(Normalise(kind: kind), [x] + statistics + [gamma])[0]
  }
}
