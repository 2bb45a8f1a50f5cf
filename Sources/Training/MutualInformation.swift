import Compute
import Foundation

/// The images whose draws the mutual information is estimated with.
public enum MutualInformationImages: Sendable, Equatable {
  /// As many images and draws as take a few seconds: all of a small set, some of a large one.
  case automatic
  /// Every image, with all draws.
  case all
  /// So many images, chosen by the seed, with all draws.
  case count(Int)
  /// No estimate: it compares every draw with every image.
  case none
}

/// The draws that an estimate is made of: as many of each of the chosen images.
package struct InformationDraws: Equatable {
  /// In ascending order.
  package let images: [Int]
  package let perImage: Int

  /// Multiply-adds that take a few seconds on a processor.
  static let affordable = 3e10

  /// nil for `.none`.
  package init?(
    _ choice: MutualInformationImages, of count: Int, draws: Int, latents: Int, seed: UInt64
  ) {
    // An exponential takes the time of some eight multiply-adds.
    let rows = Int(Self.affordable / (Double(count) * Double(latents + 8)))
    let (number, perImage): (Int, Int)
    switch choice {
    case .none: return nil
    case .all: (number, perImage) = (count, draws)
    case .count(let images): (number, perImage) = (min(images, count), draws)
    case .automatic where rows >= count: (number, perImage) = (count, min(draws, rows / count))
    case .automatic: (number, perImage) = (min(max(rows, 100), count), 1)
    }
    let order =
      number < count
      ? Philox(seed: seed, purpose: .shuffle).permutation(count: count).prefix(number).map(Int.init)
        .sorted() : Array(0..<count)
    (images, self.perImage) = (order, perImage)
  }

  var count: Int { images.count * perImage }

  /// Multiply-adds of the densities of all draws under the posteriors of `images` images.
  func work(images: Int, latents: Int) -> Double {
    Double(count) * Double(images) * Double(latents + 8)
  }
}

/// I(x; z) of the posteriors of N images from draws of the aggregate q(z) = 1/N sum_n q(z|x_n).
///
/// With the weights w_n = q(z|x_n) / sum_m q(z|x_m) of a draw z, I(x; z) = E_q(z)[a] with
/// a = ln N - H(w), which lies in 0 ... ln N for every draw: the expectation over the image that z
/// was drawn for is taken exactly. Also E_q(z)[c] = KL with c = sum_n w_n ln(q(z|x_n) / p(z)), and
/// the KL is known, so mean a - b (mean c - KL) is an estimate for every b. b in 0 ... 1 with the
/// least variance is taken; b = 1 is KL less the mean of ln(q(z) / p(z)), good where q(z) is near
/// the prior. At the end the estimate is cut off at 0 and at min(KL, ln N).
struct InformationEstimate {
  let value: Double
  /// Of `value`: that of the draws, the images taken as given, where there are several draws of
  /// every image; else that over images, which is too large rather than too small.
  let standardError: Double

  /// - Parameters:
  ///   - terms: (a, c) of each draw, the draws of an image one behind the other.
  ///   - count: N.
  init(_ terms: [(a: Double, c: Double)], _ draws: InformationDraws, count: Int, kl: Double) {
    let isWhole = draws.images.count == count && draws.perImage > 1
    // The numbers whose scatter is the error, in groups with a mean each.
    let units = isWhole ? terms : Self.means(of: terms, every: draws.perImage)
    let size = isWhole ? draws.perImage : units.count
    let freedom = Double(units.count - units.count / max(size, 1))
    var (aa, ac, cc) = (0.0, 0.0, 0.0)
    for start in stride(from: 0, to: units.count, by: max(size, 1)) {
      let group = units[start..<(start + size)]
      let mean = Self.mean(group)
      for unit in group {
        let (a, c) = (unit.a - mean.a, unit.c - mean.c)
        (aa, ac, cc) = (aa + a * a, ac + a * c, cc + c * c)
      }
    }
    let mean = Self.mean(terms[...])
    func error(_ squares: Double, _ freedom: Double) -> Double {
      freedom > 0 ? (max(squares, 0) / freedom / Double(units.count)).squareRoot() : .nan
    }
    // Neither few units tell b, nor draws that float32 has rounded, nor one draw of every image,
    // where images differ by more than the draws do.
    let isControlled =
      (isWhole || draws.images.count < count) && freedom >= 10 && cc > 0
      && abs(mean.c - kl) < 5 * error(cc, freedom)
    let b = isControlled ? min(max(ac / cc, 0), 1) : 0
    let estimate = mean.a - b * (mean.c - kl)
    standardError = error(aa - 2 * b * ac + b * b * cc, freedom - (b > 0 ? 1 : 0))
    value = estimate.isNaN ? .nan : min(max(estimate, 0), max(min(kl, log(Double(count))), 0))
  }

  private static func mean(_ terms: ArraySlice<(a: Double, c: Double)>) -> (a: Double, c: Double) {
    let sum = terms.reduce((a: 0.0, c: 0.0)) { ($0.a + $1.a, $0.c + $1.c) }
    let count = Double(max(terms.count, 1))
    return (sum.a / count, sum.c / count)
  }

  private static func means(
    of terms: [(a: Double, c: Double)], every size: Int
  ) -> [(a: Double, c: Double)] {
    stride(from: 0, to: terms.count, by: size).map { mean(terms[$0..<($0 + size)]) }
  }
}
