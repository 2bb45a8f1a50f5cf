import Compute
import Graph
import TestSupport

extension OpCase {
  static let posteriors = [
    reparameterise("n latents", low: -6, high: 3) { (5, $0) },
    reparameterise("n rows", low: -6, high: 3) { ($0, 2) },
    // Beyond the clamp on both sides; the float32 error is that of e^20.
    reparameterise("log-variances out of range", low: -50, high: 40) { ($0, 3) },
    OpCase(
      name: "posterior mean", tolerance: 0, formulaTolerance: 0,
      // The copy beside it shows what becomes of log-variances: nothing.
      inputs: { [.real([3, 2 * $0])] },
      record: { graph, inputs, _ in [graph.posteriorMean(inputs[0]), graph.duplicate(inputs[0])] },
      formula: { inputs, n in
        [inputs[0].indices.filter { $0 % (2 * n) < n }.map { inputs[0][$0] }, inputs[0]]
      }),
    OpCase(
      name: "Gaussian log-densities",
      inputs: { n in
        // One more z than are taken at once, and blocks that the Gaussians do not fill.
        let blocks: Shape = [(n + 63) / 64, 4, 64]
        return [.constant([9, 4]), .constant(blocks), .constant(blocks, 0.1, 30), .constant([n])]
      },
      record: { graph, inputs, _ in
        [
          graph.gaussianLogDensities(
            inputs[0], means: inputs[1], inverseDeviations: inputs[2], logScales: inputs[3])
        ]
      },
      formula: { inputs, n in
        [
          (0..<(9 * n)).map { index in
            let (row, image) = (index / n, index % n)
            return (0..<4).reduce(inputs[3][image]) { sum, j in
              let at = (image / 64 * 4 + j) * 64 + image % 64
              let deviation = (inputs[0][row * 4 + j] - inputs[1][at]) * inputs[2][at]
              return sum - 0.5 * deviation * deviation
            }
          }
        ]
      }),
    OpCase(
      name: "bounded log-variance",
      inputs: { [.real([3, 2 * $0], -9, 5)] },
      record: { graph, inputs, _ in [graph.boundLogVariance(inputs[0], low: -6, high: 2)] },
      formula: { inputs, n in
        [inputs[0].enumerated().map { $0 % (2 * n) < n ? $1 : min(max($1, -6), 2) }]
      }),
  ]

  private static func reparameterise(
    _ name: String, low: Double, high: Double,
    extents: @escaping @Sendable (Int) -> (rows: Int, latents: Int)
  ) -> OpCase {
    OpCase(
      name: "reparameterise + KL, \(name)",
      inputs: { size in
        let (rows, latents) = extents(size)
        // Rows of means, then log-variances; the second half of each row has a range of its own.
        var generator = SeededGenerator("posterior \(name) \(size)")
        let posterior = (0..<(rows * 2 * latents)).map { index in
          index % (2 * latents) < latents ? generator.real(-2, 2) : generator.real(low, high)
        }
        return [
          Input(
            shape: [rows, 2 * latents], values: .fixed(posterior), isDifferentiable: true),
          .order(rows + 9), .state,
        ]
      },
      record: { graph, inputs, _ in
        let (z, kl) = graph.reparameterise(
          inputs[0], order: inputs[1], state: inputs[2], purpose: .trainingNoise)
        return [z, kl]
      },
      formula: { inputs, size in
        let (rows, latents) = extents(size)
        return Reference.reparameterise(
          inputs[0], latents: latents, samples: batch(inputs[1], rows: rows),
          noise: StepState.noise(.trainingNoise))
      })
  }

  /// The images of the batch.
  static func batch(_ order: [Double], rows: Int) -> [Double] {
    Array(order[StepState.batchStart..<(StepState.batchStart + rows)])
  }
}
