import Compute
import Graph

extension OpCase {
  /// Every distribution with every source of its scale: a row of this table is what a new one needs.
  static let likelihoods = [
    pixels("bernoulli", .bernoulli, heads: .uniform(-6, 6), x: .bits),
    pixels("bernoulli", .bernoulli, "logits to 40", heads: .uniform(-40, 40), x: .bits),
    pixels("bernoulli", .bernoulli, "grey values", heads: .uniform(-4, 4), x: .uniform(0, 1)),
    pixels("continuous_bernoulli", .continuousBernoulli, heads: .uniform(-6, 6), x: .uniform(0, 1)),
    pixels(
      "continuous_bernoulli", .continuousBernoulli, "logits to 40",
      heads: .uniform(-40, 40), x: .uniform(0, 1)),
    scaled("gaussian", .gaussian, heads: .uniform(-1, 1), x: .uniform(-1, 1)),
    // Derivatives of |x - a| have a kink.
    scaled("laplace", .laplace, heads: .awayFromZero(0.1, 1), x: .zeros),
    // The derivative by one ln scale for all pixels is a sum of terms of either sign.
    scaled(
      "logistic", .logistic, heads: .uniform(-0.2, 1.2), x: .pixels, scale: (-4, -1),
      tolerance: 3e-5),
    pixels("categorical", .categorical, count: 2, heads: .uniform(-3, 3), x: .pixels),
    pixels("categorical", .categorical, count: 7, heads: .uniform(-3, 3), x: .pixels),
    pixels(
      "categorical", .categorical, count: 256, heads: .uniform(-3, 3), x: .pixels,
      sizes: [1, 33, 65]),
    pixels(
      "logistic_mixture", .logisticMixture, count: 3, heads: .uniform(-2, 0.5), x: .pixels),
    pixels(
      "logistic_mixture", .logisticMixture, count: 15, heads: .uniform(-2, 0.5), x: .pixels),
    [longBernoulli], [0, 1, 7, 989, 990, 100_000].map(optimalScale),
  ].flatMap { $0 }

  /// ln sigma of a batch, and what is kept of it at a step.
  private static func optimalScale(step: UInt32) -> OpCase {
    OpCase(
      name: "optimal log-scale at step \(step)", sizes: [1, 33, 65],
      inputs: { n in
        let words = [1, 2, step, 0, 0, 0, 0, 0].map(Double.init)
        return [
          .constant([2 * n, 5], -1, 1), .constant([n, 5], -1, 1), .fixed(words, [8], .uint32),
          .fixed([-1.5]),
        ]
      },
      record: { graph, inputs, _ in
        let scale = graph.optimalLogScale(
          mean: inputs[0], x: inputs[1], state: inputs[2], running: inputs[3])
        return [scale, inputs[3]]
      },
      formula: { inputs, n in
        // Rows are two draws for each image.
        let variance =
          (0..<(10 * n)).reduce(0.0) { sum, index in
            let difference = inputs[0][index] - inputs[1][index / 10 * 5 + index % 5]
            return sum + difference * difference
          } / Double(10 * n)
        let weight = max(0.01, 10 / Double(step + 10))
        let kept = (1 - weight) * Reference.exp(-3) + weight * variance
        return [[0.5 * Reference.log(variance)], [0.5 * Reference.log(kept)]]
      })
  }

  static let objectives = [
    OpCase(
      name: "negative ELBO",
      inputs: { [.real([$0], -90, -60), .real([$0], 1, 20), .fixed([1e-3, 0.75, 1, 1])] },
      record: { graph, inputs, _ in
        [graph.negativeELBO(logLikelihood: inputs[0], kl: inputs[1], scalars: inputs[2])]
      },
      formula: { inputs, _ in [Reference.negativeELBO(inputs[0], inputs[1], beta: inputs[2][1])] })
  ]

  private static let longBernoulli = density(
    "more than 65,536 rows", PixelDistribution("bernoulli", "bernoulli"), .bernoulli,
    heads: .uniform(-4, 4), x: .bits, sizes: [70_000]
  ) { ([$0, 1], 1) }

  /// The rows of a distribution with its scale shared, fixed, one for each pixel, and from the decoder.
  private static func scaled(
    _ kernel: String, _ reference: ReferencePixel, heads: Values, x: Values,
    scale range: (Double, Double) = (-1.5, -0.5), tolerance: Double = 1e-5
  ) -> [OpCase] {
    let scale = Values.uniform(range.0, range.1)
    return [PixelDistribution.Scale.shared, .perPixel, .predicted].flatMap { source in
      cases(
        PixelDistribution(kernel, "\(kernel), scale \(source)", scale: source), reference, "",
        heads: heads, x: x, scale: scale, sizes: TestSizes.standard, tolerance: tolerance)
    } + [
      density(
        "constant scale", PixelDistribution(kernel, kernel, scale: .shared), reference,
        heads: heads, x: x, constant: range.0 + 0.25
      ) { ([3, $0], 1) }
    ]
  }

  /// The rows of a distribution without a scale of its own.
  private static func pixels(
    _ kernel: String, _ reference: ReferencePixel, _ name: String = "", count: Int = 1,
    heads: Values, x: Values, sizes: [Int] = TestSizes.standard
  ) -> [OpCase] {
    cases(
      PixelDistribution(
        kernel, count == 1 ? kernel : "\(kernel) of \(count) numbers", heads: count),
      reference, name, heads: heads, x: x, scale: nil, sizes: sizes)
  }

  private static func cases(
    _ distribution: PixelDistribution, _ reference: ReferencePixel, _ name: String,
    heads: Values, x: Values, scale: Values?, sizes: [Int], tolerance: Double = 1e-5
  ) -> [OpCase] {
    func density(_ what: String, _ shape: @escaping @Sendable (Int) -> (Shape, Int)) -> OpCase {
      Self.density(
        name.isEmpty ? what : "\(name), \(what)", distribution, reference, heads: heads, x: x,
        scale: scale, sizes: sizes, tolerance: tolerance, shape: shape)
    }
    let layout = PixelLayout(distribution: distribution, scale: scale)
    return [
      density("n columns") { ([5, $0], 1) }, density("n rows") { ([$0, 4], 1) },
      density("n columns, three rows an image") { ([6, $0], 3) },
      OpCase(
        name: "\(distribution.name) mean" + (name.isEmpty ? "" : ", \(name)"), sizes: sizes,
        inputs: { layout.inputs([3, $0], heads).map(\.withoutGradient) },
        record: { graph, inputs, _ in
          [graph.mean(of: distribution, heads: inputs[0], scale: inputs.dropFirst().first)]
        },
        formula: { inputs, size in
          [
            layout.values(inputs[0], inputs.dropFirst().first, columns: size) { heads, s, _, _ in
              reference.mean(heads, s)
            }
          ]
        }),
      OpCase(
        // A draw of levels may round to the next one.
        name: "\(distribution.name) draw" + (name.isEmpty ? "" : ", \(name)"), sizes: sizes,
        tolerance: 0.004, formulaTolerance: 1e-4,
        inputs: { [.state] + layout.inputs([3, $0], heads).map(\.withoutGradient) },
        record: { graph, inputs, _ in
          [
            graph.draw(
              from: distribution, heads: inputs[1], state: inputs[0], purpose: .priorSample,
              scale: inputs.dropFirst(2).first)
          ]
        },
        formula: { inputs, size in
          let noise = StepState.noise(.priorSample)
          return [
            layout.values(inputs[1], inputs.dropFirst(2).first, columns: size) { heads, s, row, j in
              let sample = StepState.batchStart + row
              let word = noise.word(4 * j, sample: sample)
              return reference.draw(
                heads, s, (Double(word / 512) + 0.5) / 8_388_608,
                noise.normal(4 * j + 2, sample: sample))
            }
          ]
        }),
    ]
  }

  /// - Parameter shape: rows and columns at a size, and rows to an image.
  private static func density(
    _ name: String, _ distribution: PixelDistribution, _ reference: ReferencePixel,
    heads: Values, x: Values, scale: Values? = nil, constant: Double? = nil,
    sizes: [Int] = TestSizes.standard, tolerance: Double = 1e-5,
    shape: @escaping @Sendable (Int) -> (Shape, Int)
  ) -> OpCase {
    let layout = PixelLayout(distribution: distribution, scale: constant == nil ? scale : nil)
    return OpCase(
      name: "\(distribution.name) log-likelihood, \(name)", sizes: sizes, tolerance: tolerance,
      inputs: { size in
        let (rows, samples) = shape(size)
        return [Input(shape: [rows.rows / samples, rows.columns], values: x)]
          + layout.inputs(rows, heads)
      },
      record: { graph, inputs, _ in
        let scale = constant.map { graph.constant([$0], shape: [1]) }
        return [
          graph.logLikelihood(
            distribution, heads: inputs[1], x: inputs[0],
            scale: scale ?? inputs.dropFirst(2).first)
        ]
      },
      formula: { inputs, size in
        let (rows, samples) = shape(size)
        let scale = constant.map { [$0] } ?? inputs.dropFirst(2).first
        let terms = layout.values(inputs[1], scale, columns: rows.columns) { heads, s, row, j in
          reference.density(heads, s, inputs[0][row / samples * rows.columns + j])
        }
        return [Reference.rowSums(terms, columns: rows.columns)]
      })
  }
}

/// How heads and scales of a distribution lie in tensors.
private struct PixelLayout: Sendable {
  let distribution: PixelDistribution
  /// Of ln scale; nil where there is none, or a constant.
  let scale: OpCase.Values?

  func inputs(_ shape: Shape, _ heads: OpCase.Values) -> [OpCase.Input] {
    let (rows, columns) = (shape.rows, shape.columns)
    switch (distribution.scale, scale) {
    case (.predicted, let scale?):
      return [
        OpCase.Input(
          shape: [rows, 2 * columns], values: .halves(of: 2 * columns, heads, scale),
          isDifferentiable: true)
      ]
    case (.shared, let scale?), (.perPixel, let scale?):
      let count = distribution.scale == .shared ? 1 : columns
      return [
        OpCase.Input(shape: shape, values: heads, isDifferentiable: true),
        OpCase.Input(shape: [count], values: scale, isDifferentiable: true),
      ]
    default:
      return [
        OpCase.Input(
          shape: [rows, distribution.heads * columns], values: heads, isDifferentiable: true)
      ]
    }
  }

  /// f(heads, ln scale, row, column) of each pixel.
  func values(
    _ heads: [Double], _ scale: [Double]?, columns: Int,
    _ f: ([Double], Double, Int, Int) -> Double
  ) -> [Double] {
    let count = distribution.heads
    return (0..<(heads.count / count)).map { index in
      let (row, j) = (index / columns, index % columns)
      let numbers = (0..<count).map { heads[(row * count + $0) * columns + j] }
      if distribution.scale == .predicted { return f([numbers[0]], numbers[1], row, j) }
      return f(numbers, scale.map { $0.count == 1 ? $0[0] : $0[j] } ?? 0, row, j)
    }
  }
}
