import Compute
import Foundation
import Graph
import TestSupport

extension OpCase {
  static let penalties = [
    // Means lie on both sides of the free nats, well away from them.
    freeBits("n latents", { (9, $0) }), freeBits("n rows", { ($0, 5) }),
    capacity("above", 2), capacity("below", 30),
    OpCase(
      name: "penalised ELBO",
      inputs: {
        [
          .real([2 * $0], -90, -60), .real([$0], 1, 20), .real([3], 1, 20),
          .fixed([1e-3, 0.75, 1, 1]),
        ]
      },
      record: { graph, inputs, _ in
        [
          graph.penalisedELBO(
            logLikelihood: inputs[0], kl: inputs[1], penalty: inputs[2], scalars: inputs[3])
        ]
      },
      formula: { inputs, _ in
        let (likelihood, kl, penalty) = (mean(inputs[0]), mean(inputs[1]), mean(inputs[2]))
        return [[0.75 * penalty - likelihood, likelihood, kl]]
      }),
  ]

  private static func freeBits(
    _ name: String, _ extents: @escaping @Sendable (Int) -> (rows: Int, latents: Int)
  ) -> OpCase {
    OpCase(
      name: "free bits, \(name)",
      inputs: { size in
        let (rows, latents) = extents(size)
        // Every other latent has means near 0 and log-variances near 0.
        var generator = SeededGenerator("free bits \(name) \(size)")
        let posterior = (0..<(rows * 2 * latents)).map { index in
          index % (2 * latents) % latents % 2 == 0
            ? generator.real(-0.1, 0.1) : generator.real(1.5, 2)
        }
        return [
          Input(shape: [rows, 2 * latents], values: .fixed(posterior), isDifferentiable: true)
        ]
      },
      record: { graph, inputs, _ in [graph.freeBits(inputs[0], free: 0.5)] },
      formula: { inputs, size in
        let (rows, latents) = extents(size)
        let kl = (0..<rows).map { row in
          (0..<latents).map { j in
            let mean = inputs[0][row * 2 * latents + j]
            let logVariance = inputs[0][(row * 2 + 1) * latents + j]
            return (exp(logVariance) + mean * mean - 1 - logVariance) / 2
          }
        }
        let means = (0..<latents).map { j in mean(kl.map { $0[j] }) }
        return [
          kl.map { row in (0..<latents).reduce(0) { $0 + (means[$1] > 0.5 ? row[$1] : 0.5) } }
        ]
      })
  }

  private static func capacity(_ name: String, _ capacity: Double) -> OpCase {
    OpCase(
      name: "capacity penalty, KL \(name)",
      inputs: { [.real([$0], 4, 20), .fixed([1e-3, 0.75, 1, 1, capacity, 0, 0, 0])] },
      record: { graph, inputs, _ in [graph.capacityPenalty(inputs[0], scalars: inputs[1])] },
      formula: { inputs, _ in [[abs(mean(inputs[0]) - capacity)]] })
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
