import Foundation
import Graph

/// A distribution of a pixel in float64, from textbook formulas: what the kernels of a likelihood must compute.
struct ReferencePixel: Sendable {
  /// ln p(x), E[x] and a draw from u and n, given the decoder's numbers and ln scale.
  let density: @Sendable (_ heads: [Double], _ logScale: Double, _ x: Double) -> Double
  let mean: @Sendable (_ heads: [Double], _ logScale: Double) -> Double
  let draw: @Sendable (_ heads: [Double], _ logScale: Double, _ u: Double, _ n: Double) -> Double

  static let bernoulli = ReferencePixel(
    density: { a, _, x in x * a[0] - Reference.softplus(a[0]) },
    mean: { a, _ in Reference.sigmoid(a[0]) },
    draw: { a, _, u, _ in u < Reference.sigmoid(a[0]) ? 1 : 0 })

  static let continuousBernoulli = ReferencePixel(
    density: { a, _, x in x * a[0] - log(expm1(a[0]) / a[0]) },
    mean: { a, _ in -1 / expm1(-a[0]) - 1 / a[0] },
    draw: { a, _, u, _ in log1p(u * expm1(a[0])) / a[0] })

  static let gaussian = ReferencePixel(
    density: { a, s, x in
      let variance = exp(s) * exp(s)
      return -(x - a[0]) * (x - a[0]) / (2 * variance) - 0.5 * log(2 * Double.pi * variance)
    }, mean: { a, _ in a[0] }, draw: { a, s, _, n in a[0] + exp(s) * n })

  static let laplace = ReferencePixel(
    density: { a, s, x in -abs(x - a[0]) / exp(s) - log(2 * exp(s)) },
    mean: { a, _ in a[0] },
    draw: { a, s, u, _ in
      a[0] - exp(s) * (u < 0.5 ? -1 : 1) * log(1 - 2 * abs(u - 0.5))
    })

  static let logistic = ReferencePixel(
    density: { a, s, x in log(logisticMass(a[0], s, x)) },
    mean: { a, s in
      (0...255).reduce(0) { $0 + Double($1) / 255 * logisticMass(a[0], s, Double($1) / 255) }
    },
    draw: { a, s, u, _ in logisticDraw(a[0], s, u) })

  static let categorical = ReferencePixel(
    density: { a, _, x in
      log(softmax(a)[Int((x * 255).rounded()) * a.count / 256])
    },
    mean: { a, _ in
      let p = softmax(a)
      return p.indices.reduce(0) { $0 + Double($1) * p[$1] } / Double(a.count - 1)
    },
    draw: { a, _, u, _ in
      let p = softmax(a)
      var reached = 0.0
      for (level, mass) in p.enumerated() {
        reached += mass
        if u < reached { return Double(level) / Double(a.count - 1) }
      }
      return 1
    })

  static let logisticMixture = ReferencePixel(
    density: { a, _, x in
      let k = a.count / 3
      let p = softmax(Array(a[0..<k]))
      return log((0..<k).reduce(0) { $0 + p[$1] * logisticMass(a[k + $1], a[2 * k + $1], x) })
    },
    mean: { a, _ in
      let k = a.count / 3
      let p = softmax(Array(a[0..<k]))
      return (0..<k).reduce(0) { sum, i in sum + p[i] * logistic.mean([a[k + i]], a[2 * k + i]) }
    },
    draw: { a, _, u, _ in
      let k = a.count / 3
      var rest = u
      for (i, mass) in softmax(Array(a[0..<k])).enumerated() {
        if rest < mass || i == k - 1 { return logisticDraw(a[k + i], a[2 * k + i], rest / mass) }
        rest -= mass
      }
      return 0
    })

  private static func softmax(_ a: [Double]) -> [Double] {
    let sum = a.reduce(0) { $0 + exp($1) }
    return a.map { exp($0) / sum }
  }

  /// The mass of the bin of x = k / 255 under a logistic distribution; the outer bins are open.
  private static func logisticMass(_ mean: Double, _ logScale: Double, _ x: Double) -> Double {
    let (k, level) = (x * 255, (x * 255).rounded())
    func below(_ edge: Double) -> Double { Reference.sigmoid((edge / 255 - mean) / exp(logScale)) }
    // 1 - F(edge) without cancellation.
    func above(_ edge: Double) -> Double { Reference.sigmoid((mean - edge / 255) / exp(logScale)) }
    if level == 0 { return below(0.5) }
    if level == 255 { return above(254.5) }
    // The smaller tail loses fewer digits.
    return x > mean ? above(k - 0.5) - above(k + 0.5) : below(k + 0.5) - below(k - 0.5)
  }

  private static func logisticDraw(_ mean: Double, _ logScale: Double, _ u: Double) -> Double {
    let x = mean + exp(logScale) * log(u / (1 - u))
    return (min(max(x, 0), 1) * 255).rounded() / 255
  }
}
