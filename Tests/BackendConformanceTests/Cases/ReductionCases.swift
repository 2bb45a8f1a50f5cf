import Compute
import Foundation
import Graph

extension OpCase {
  static let reductions = [
    columnSum("n columns", sizes: TestSizes.standard) { [9, $0] },
    columnSum("n rows", sizes: TestSizes.standard) { [$0, 7] },
    columnSum("two stages", sizes: [256, 257, 513, 16_384, 16_385, 20_000]) { [$0, 3] },
    columnSum("two stages of several tiles", sizes: [300]) { [$0, 130] },
    OpCase(
      name: "sum", sizes: TestSizes.standard + [4096, 4097, 10_000],
      inputs: { [.constant([$0], -0.5, 2)] },
      record: { graph, inputs, _ in [graph.sum(inputs[0])] },
      formula: { inputs, _ in [[inputs[0].reduce(0, +)]] }),
    OpCase(
      name: "log-sum-exp", sizes: TestSizes.standard + [4097],
      inputs: { [.constant([3, $0], -60, 90)] },
      record: { graph, inputs, _ in [graph.logSumExp(inputs[0])] },
      formula: { inputs, size in
        [
          (0..<3).map { row in
            log(inputs[0][(row * size)..<((row + 1) * size)].reduce(0) { $0 + exp($1) })
          }
        ]
      }),
    OpCase(
      name: "partial sums of squares", sizes: TestSizes.standard + [4096, 4097, 10_000],
      inputs: { [.constant([$0])] },
      record: { graph, inputs, _ in [graph.partialSumsOfSquares(inputs[0])] },
      formula: { inputs, _ in
        let squares = inputs[0].map { $0 * $0 }
        return [
          stride(from: 0, to: squares.count, by: 4096).map {
            squares[$0..<min($0 + 4096, squares.count)].reduce(0, +)
          }
        ]
      }),
  ]

  private static func columnSum(
    _ name: String, sizes: [Int], shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "column sum, \(name)", sizes: sizes,
      inputs: { [.constant(shape($0), -0.5, 2)] },
      record: { graph, inputs, _ in [graph.columnSum(inputs[0])] },
      formula: { inputs, size in [Reference.columnSums(inputs[0], columns: shape(size).columns)] })
  }
}
