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
    softmaxMoments("far apart", -60, 90), softmaxMoments("close together", -300.5, -300),
    OpCase(
      name: "partial sums of squares", sizes: TestSizes.standard + [4096, 4097, 10_000],
      inputs: { [.constant([$0])] },
      record: { graph, inputs, _ in [graph.partialSumsOfSquares(inputs[0])] },
      formula: { inputs, _ in
        let squares = inputs[0].map { $0 * $0 }
        let sums = stride(from: 0, to: squares.count, by: 4096).map {
          squares[$0..<min($0 + 4096, squares.count)].reduce(0, +)
        }
        return [sums + sums.map { _ in 0 }]
      }),
  ]

  private static func softmaxMoments(_ name: String, _ low: Double, _ high: Double) -> OpCase {
    OpCase(
      name: "softmax moments, \(name)", sizes: TestSizes.standard + [4097],
      inputs: { [.constant([3, $0], low, high)] },
      record: { graph, inputs, _ in [graph.softmaxMoments(inputs[0])] },
      formula: { inputs, size in
        [
          (0..<3).flatMap { row in
            let x = inputs[0][(row * size)..<((row + 1) * size)]
            let top = x.max() ?? 0
            let weights = x.map { exp($0 - top) }
            let total = weights.reduce(0, +)
            return [
              top, log(total),
              zip(x, weights).reduce(0) { $0 + ($1.0 - top) * $1.1 } / total,
            ]
          }
        ]
      })
  }

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
