import Compute
import Graph

extension OpCase {
  /// Normalisations of [rows, channels] against mean and variance, written out.
  static let normalisations = [
    batch("n channels") { [9, $0] },
    batch("n rows", sizes: [31, 32, 33, 64, 65, 1000]) { [$0, 5] },
    OpCase(
      name: "batch normalisation by kept statistics",
      inputs: { [.constant([5, $0]), .constant([$0]), .constant([$0]), .constant([$0], 0.5, 2)] },
      record: { graph, inputs, _ in
        [
          graph.batchNormalise(
            inputs[0], gamma: inputs[1], mean: inputs[2], variance: inputs[3])
        ]
      },
      formula: { inputs, n in
        [
          inputs[0].enumerated().map { index, x in
            let j = index % n
            return inputs[1][j] * (x - inputs[2][j]) / (inputs[3][j] + 1e-5).squareRoot()
          }
        ]
      }),
    group("one channel a group", groups: 6, columns: 6), group("two groups", groups: 2, columns: 6),
    group("one group", groups: 1, columns: 5), group("many channels", groups: 8, columns: 136),
  ]

  private static func batch(
    _ name: String, sizes: [Int] = TestSizes.standard, shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "batch normalisation, \(name)", sizes: sizes, tolerance: 2e-5,
      inputs: { n in
        let columns = shape(n).columns
        return [
          .real(shape(n), -2, 6), .real([columns]), .constant([columns]),
          .constant([columns], 0.5, 2),
        ]
      },
      record: { graph, inputs, _ in
        let y = graph.batchNormalise(
          inputs[0], gamma: inputs[1], runningMean: inputs[2], runningVariance: inputs[3])
        return [y, inputs[2], inputs[3]]
      },
      formula: { inputs, n in
        let (rows, columns) = (shape(n).rows, shape(n).columns)
        let channels = (0..<columns).map { j in
          statistics((0..<rows).map { inputs[0][$0 * columns + j] })
        }
        let y = inputs[0].enumerated().map { index, x in
          inputs[1][index % columns] * normal(x, channels[index % columns])
        }
        let means = (0..<columns).map { inputs[2][$0] + 0.1 * (channels[$0].mean - inputs[2][$0]) }
        let variances = (0..<columns).map {
          let unbiased = channels[$0].variance * Double(rows) / Double(max(rows - 1, 1))
          return inputs[3][$0] + 0.1 * (unbiased - inputs[3][$0])
        }
        return [y, means, variances]
      })
  }

  /// n places of each of two images.
  private static func group(_ name: String, groups: Int, columns: Int) -> OpCase {
    OpCase(
      name: "group normalisation, \(name)", sizes: [4, 31, 64, 65], tolerance: 2e-5,
      inputs: { [.real([2 * $0, columns], -2, 6), .real([columns])] },
      record: { graph, inputs, n in
        [graph.groupNormalise(inputs[0], gamma: inputs[1], groups: groups, rowsPerImage: n)]
      },
      formula: { inputs, n in
        let width = columns / groups
        func key(_ index: Int) -> Int {
          index / (n * columns) * groups + index % columns / width
        }
        var members = [[Double]](repeating: [], count: 2 * groups)
        for (index, x) in inputs[0].enumerated() { members[key(index)].append(x) }
        let all = members.map(statistics)
        return [
          inputs[0].enumerated().map { inputs[1][$0 % columns] * normal($1, all[key($0)]) }
        ]
      })
  }

  private static func statistics(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  private static func normal(_ x: Double, _ statistics: (mean: Double, variance: Double)) -> Double
  {
    (x - statistics.mean) / (statistics.variance + 1e-5).squareRoot()
  }
}
