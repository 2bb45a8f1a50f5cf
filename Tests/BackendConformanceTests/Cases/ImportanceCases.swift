import Compute
import Foundation
import Graph

extension OpCase {
  static let importance = [
    draws("n latents", samples: 3, drawsAreSteps: false) { [4, 2 * $0] },
    draws("n rows", samples: 2, drawsAreSteps: false) { [$0, 6] },
    draws("n rows, one draw", samples: 1, drawsAreSteps: false) { [$0, 6] },
    draws("n rows, draws are steps", samples: 5, drawsAreSteps: true) { [$0, 6] },
    draws("log-variance out of range", samples: 2, drawsAreSteps: false, logVariance: 40) {
      [$0, 6]
    },
    sums("n images", samples: 4),
    sums("n images, one draw", samples: 1),
  ]

  private static func draws(
    _ name: String, samples: Int, drawsAreSteps: Bool, logVariance: Double = 3,
    shape: @escaping @Sendable (Int) -> Shape
  ) -> OpCase {
    OpCase(
      name: "posterior draws, \(name)", tolerance: logVariance > 10 ? 1e-4 : 1e-5,
      inputs: { size in
        [
          Input(
            shape: shape(size),
            values: .halves(
              of: shape(size).columns, .uniform(-2, 2), .uniform(-logVariance, logVariance)),
            isDifferentiable: true), .order(shape(size).rows + 5), .state,
        ]
      },
      record: { graph, inputs, _ in
        let (z, ratio) = graph.posteriorDraws(
          inputs[0], samples: samples, order: inputs[1], state: inputs[2], purpose: .trainingNoise,
          drawsAreSteps: drawsAreSteps)
        return [z, ratio]
      },
      formula: { inputs, size in
        let latents = shape(size).columns / 2
        var (z, ratios): ([Double], [Double]) = ([], [])
        for row in 0..<shape(size).rows {
          let sample = Int(inputs[1][StepState.batchStart + row])
          for s in 0..<samples {
            var noise = StepState.noise(.trainingNoise)
            if drawsAreSteps { noise.step += UInt32(s) }
            var ratio = 0.0
            for j in 0..<latents {
              let mean = inputs[0][row * 2 * latents + j]
              let variance = exp(min(max(inputs[0][row * 2 * latents + latents + j], -30), 20))
              let latent =
                mean + variance.squareRoot()
                * noise.normal(drawsAreSteps ? j : s * latents + j, sample: sample)
              z.append(latent)
              // ln N(z; 0, 1) - ln N(z; mean, variance), as written.
              ratio += -latent * latent / 2 + log(variance) / 2
              ratio += (latent - mean) * (latent - mean) / (2 * variance)
            }
            ratios.append(ratio)
          }
        }
        return [z, ratios]
      })
  }

  private static func sums(_ name: String, samples: Int) -> OpCase {
    OpCase(
      name: "importance sums, \(name)", tolerance: 2e-5,
      inputs: { size in
        var words = StepState.words.map(Double.init)
        words[2] = 0
        return [
          .constant([size * samples], -90, -80), .constant([size * samples], -20, -15),
          .fixed(words, [words.count], .uint32),
          .constant([size + StepState.batchStart, 6], 7, 8),
        ]
      },
      record: { graph, inputs, _ in
        graph.accumulateImportance(
          logLikelihood: inputs[0], logRatio: inputs[1], state: inputs[2], sums: inputs[3],
          samples: samples)
        return [inputs[3]]
      },
      formula: { inputs, size in
        var sums = inputs[3]
        for image in 0..<size {
          let range = (image * samples)..<((image + 1) * samples)
          let likelihoods = Array(inputs[0][range])
          let weights = range.map { inputs[0][$0] + inputs[1][$0] }
          let top = weights.max() ?? 0
          let row = (image + StepState.batchStart) * 6
          sums[row] = likelihoods[0]
          sums[row + 1] = likelihoods.reduce(0) { $0 + $1 - likelihoods[0] }
          sums[row + 2] = likelihoods.reduce(0) {
            $0 + ($1 - likelihoods[0]) * ($1 - likelihoods[0])
          }
          sums[row + 3] = top
          sums[row + 4] = weights.reduce(-1) { $0 + exp($1 - top) }
          sums[row + 5] = weights.reduce(-1) { $0 + exp(2 * ($1 - top)) }
        }
        return [sums]
      })
  }
}

extension OpCase {
  static let importanceBounds = [
    bound("IWAE", draws: 5, mixing: 0), bound("one draw", draws: 1, mixing: 0),
    bound("CIWAE", draws: 4, mixing: 0.3), bound("ELBO", draws: 3, mixing: 1),
  ]

  private static func bound(_ name: String, draws: Int, mixing: Double) -> OpCase {
    OpCase(
      name: "importance bound, \(name)",
      inputs: {
        [.real([$0 * draws], -90, -86), .real([$0 * draws], -6, -3), .fixed([1e-3, 0.75, 1, 1])]
      },
      record: { graph, inputs, _ in
        [
          graph.importanceBound(
            logLikelihood: inputs[0], logRatio: inputs[1], scalars: inputs[2], draws: draws,
            mixing: mixing)
        ]
      },
      formula: { inputs, size in
        let weights = zip(inputs[0], inputs[1]).map { $0 + 0.75 * $1 }
        func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
        let bounds = (0..<size).map { group in
          log(mean((0..<draws).map { exp(weights[group * draws + $0] + 80) })) - 80
        }
        return [
          [
            -(1 - mixing) * mean(bounds) - mixing * mean(weights), mean(inputs[0]),
            -mean(inputs[1]),
          ]
        ]
      })
  }
}
