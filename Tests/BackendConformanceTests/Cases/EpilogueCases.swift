import Compute
import Graph
import TestSupport
import Testing

/// A row of the table of kernels that do an epilogue first: a launch of `rows` x `columns` values with the version of its
/// kernel for that.
struct EpilogueCase: Sendable, CustomTestStringConvertible {
  /// What a launch reads and writes beside the matrix, in order of its arguments.
  enum Argument: Sendable {
    case uniform(Int, Double, Double)
    case bits(Int)
    case words([UInt32])
    case result(Int)
    case count(Int)
  }

  let kernel: String
  let function: String
  let follows: MatrixEpilogue.Family
  let rows, columns: Int
  let arguments: [Argument]
  let size: LaunchSize

  var testDescription: String { "\(kernel) after \(function), \(rows) x \(columns)" }

  static let all: [EpilogueCase] = {
    let sizes = TestSizes.isSmall ? [1, 9, 33, 66] : [1, 7, 8, 9, 31, 64, 65, 130, 1000]
    return sizes.indices.flatMap { index in
      // Each number of rows with another number of columns.
      let (rows, columns) = (sizes[index], sizes[(index + 3) % sizes.count])
      return columnSums(rows, columns) + likelihoods(rows, columns)
        + [reparameterise(rows, columns)]
    }.filter { TestNames.isSelected($0.testDescription) }
  }()

  private static func columnSums(_ rows: Int, _ columns: Int) -> [EpilogueCase] {
    ["relu", "leaky_relu", "tanh_activation", "sigmoid", "softplus", "gelu"].map {
      EpilogueCase(
        kernel: "column_sum", function: "\($0)_gradient", follows: .gradients, rows: rows,
        columns: columns,
        arguments: [.result(columns), .count(rows), .count(columns), .count(rows)],
        size: .rows((columns + 63) / 64))
    }
  }

  private static func likelihoods(_ rows: Int, _ columns: Int) -> [EpilogueCase] {
    let (upstream, value) = (Argument.uniform(rows, -1, 1), Argument.result(rows))
    let (bernoulli, gradient) = (Argument.bits(rows * columns), Argument.result(rows * columns))
    let gaussian = [Argument.uniform(rows * columns, -1, 1), .uniform(1, -1, 0)]
    return [
      ("bernoulli_log_likelihood", [bernoulli, value]),
      ("bernoulli_log_likelihood_with_gradient", [bernoulli, upstream, gradient, value]),
      ("gaussian_shared_log_likelihood", gaussian + [value]),
      (
        "gaussian_shared_log_likelihood_with_gradient",
        gaussian + [upstream, gradient, .result(rows), value]
      ),
    ].map { kernel, arguments in
      EpilogueCase(
        kernel: kernel, function: "bias_identity", follows: .bias, rows: rows, columns: columns,
        arguments: arguments + [.count(columns), .count(1), .count(1)], size: .rows(rows))
    }
  }

  private static func reparameterise(_ rows: Int, _ latents: Int) -> EpilogueCase {
    EpilogueCase(
      kernel: "reparameterise", function: "bias_identity", follows: .bias, rows: rows,
      columns: 2 * latents,
      arguments: [
        .words((0..<(rows + StepState.batchStart)).map { UInt32($0 * 5) }),
        .words(StepState.words), .result(rows * latents), .result(rows), .count(latents),
        .uint32(Philox.Purpose.trainingNoise),
      ], size: .rows(rows))
  }
}

extension EpilogueCase.Argument {
  static func uint32(_ purpose: Philox.Purpose) -> Self { .count(Int(purpose.rawValue)) }
}
