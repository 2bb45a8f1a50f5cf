import Compute

/// Column sums of [rows, columns] over parts of `chunk` rows -> [parts, columns], in a fixed order.
struct ColumnSum: Operation {
  let chunk: Int
  /// Whether there is one part: each sum then runs over all rows in order.
  let isWhole: Bool

  var name: String { "column sum" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let shape = inputs[0].shape
    precondition(shape.rank == 2, "column sum of \(shape)")
    let parts = parts(shape.rows)
    return [TensorType(parts == 1 ? [shape.columns] : [parts, shape.columns])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = inputs[0].shape
    let tiles = (shape.columns + 63) / 64
    return launch(
      "column_sum", inputs + outputs, [.count(shape.rows), .count(shape.columns), .count(chunk)],
      .rows(tiles * parts(shape.rows)))
  }

  private func parts(_ rows: Int) -> Int { max(1, (rows + chunk - 1) / chunk) }
}

/// Sum of all values over parts of `chunk` -> [parts].
struct Sum: Operation {
  let chunk: Int

  var name: String { "sum" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([parts(inputs[0].shape.count)])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = inputs[0].count
    return launch(
      "sum", inputs + outputs, [.count(count), .count(chunk)], .rows(parts(count)))
  }

  private func parts(_ count: Int) -> Int { max(1, (count + chunk - 1) / chunk) }
}

/// Sums of squares over parts of `chunk`, and sums of scaled squares -> [2, parts]. The second are 0
/// but for parts whose squares leave the range of float32: there they are of 2^-80 x or 2^80 x.
struct SumOfSquares: Operation {
  let chunk: Int

  var name: String { "sum of squares" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([2, parts(inputs[0].shape.count)])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = inputs[0].count
    return launch(
      "sum_of_squares", inputs + outputs, [.count(count), .count(chunk)], .rows(parts(count)))
  }

  private func parts(_ count: Int) -> Int { max(1, (count + chunk - 1) / chunk) }
}

extension Graph {
  /// Sums over the rows of a matrix, in order: [rows, columns] -> [columns]. Two stages above 4096 rows.
  package func columnSum(_ x: Tensor) -> Tensor {
    let rows = x.shape.rows
    guard rows > 4096 else { return record(ColumnSum(chunk: max(rows, 1), isWhole: true), [x])[0] }
    let parts = record(ColumnSum(chunk: max(256, (rows + 63) / 64), isWhole: false), [x])[0]
    return record(ColumnSum(chunk: parts.shape.rows, isWhole: true), [parts])[0]
  }

  /// The sum of all values: [1]. Two stages for many values.
  package func sum(_ x: Tensor) -> Tensor {
    let parts = record(Sum(chunk: Self.sumChunk(x.shape.count)), [x])[0]
    return parts.shape.count == 1 ? parts : record(Sum(chunk: parts.shape.count), [parts])[0]
  }

  /// The first stage of a norm: sums of squares and of scaled squares, [2, parts].
  package func partialSumsOfSquares(_ x: Tensor) -> Tensor {
    record(SumOfSquares(chunk: Self.sumChunk(x.shape.count)), [x])[0]
  }

  /// Values per part: at least 4096, and at most 1024 parts.
  private static func sumChunk(_ count: Int) -> Int { max(4096, (count + 1023) / 1024) }
}
