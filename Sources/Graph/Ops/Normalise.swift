import Compute

/// Where the statistics of a normalisation come from: blocks of rows and groups of columns.
package struct Normalisation: Sendable, Equatable {
  /// Rows of a block.
  let blockRows: Int
  let groups: Int
  /// Elements behind a statistic.
  let count: Double
  /// Whether there is one block, and a group for each column.
  let isBatch: Bool

  /// Of the columns over all rows (Ioffe & Szegedy 2015).
  static func batch(_ shape: Shape) -> Normalisation {
    Normalisation(
      blockRows: max(shape.rows, 1), groups: shape.columns, count: Double(shape.rows),
      isBatch: true)
  }

  /// Of each image's groups of columns (Wu & He 2018).
  static func groups(_ groups: Int, rowsPerImage: Int, columns: Int) -> Normalisation {
    Normalisation(
      blockRows: rowsPerImage, groups: groups, count: Double(rowsPerImage * (columns / groups)),
      isBatch: false)
  }

  /// PyTorch's default.
  static let epsilon = 1e-5

  func values(_ columns: Int) -> [KernelArgument] {
    [
      .count(columns), .count(blockRows), .count(groups), .real(count), .real(Self.epsilon),
    ]
  }
}

/// y = gamma (x - mean) / sqrt(variance + 1e-5) with x [rows, columns], gamma [columns] and the sums of x and of its squared
/// deviations [blocks groups]. The gradient of x is that by way of the sums, too.
struct Normalise: Operation {
  let kind: Normalisation
  /// Statistics that were kept do not change with x.
  var isFixed = false

  var name: String { kind.isBatch ? "batch normalisation" : "group normalisation" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (x, gamma) = (inputs[0].shape, inputs[3].shape)
    precondition(x.rank == 2 && gamma == [x.columns], "\(name) of \(x) and \(gamma)")
    return [inputs[0]]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch("normalise", inputs + outputs, kind.values(x.columns), .rows(x.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0], !isFixed else { return [nil, nil, nil, nil] }
    let graph = dy.graph
    let product = graph.record(
      NormaliseProduct(kind: kind), [dy, inputs[0], inputs[1], inputs[2]])[0]
    let dgamma = graph.columnSum(product)
    let sums =
      kind.isBatch
      ? graph.record(ScaledSums(), [inputs[3], graph.columnSum(dy), dgamma])
      : graph.record(GroupGradientSums(kind: kind), [dy, product, inputs[3]])
    let dx = graph.record(NormaliseBackward(kind: kind), [dy] + inputs + sums)[0]
    return [dx, nil, nil, dgamma]
  }
}

/// dy (x - mean) / sqrt(variance + 1e-5).
struct NormaliseProduct: Operation {
  let kind: Normalisation

  var name: String { "gradient times normal" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch("normalise_product", inputs + outputs, kind.values(x.columns), .rows(x.rows))
  }
}

/// The gradient by x.
struct NormaliseBackward: Operation {
  let kind: Normalisation

  var name: String { "gradient of normalisation" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch("normalise_backward", inputs + outputs, kind.values(x.columns), .rows(x.rows))
  }
}

/// gamma times the column sums of dy and of dy xhat, [columns] each.
struct ScaledSums: Operation {
  var name: String { "sums of batch normalisation" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[1], inputs[2]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "scaled_sums", inputs + outputs, [.count(outputs[0].count)], .items(outputs[0].count))
  }
}

/// The sums of gamma dy and gamma dy xhat over blocks and groups.
struct GroupGradientSums: Operation {
  let kind: Normalisation

  var name: String { "sums of group normalisation" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let statistics = TensorType([inputs[0].shape.rows / kind.blockRows * kind.groups])
    return [statistics, statistics]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "group_gradient_sums", inputs + outputs,
      [.count(inputs[0].shape.columns), .count(kind.blockRows), .count(kind.groups)],
      .rows(outputs[0].count))
  }
}
