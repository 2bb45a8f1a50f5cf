import Datasets
import FileFormats
import Foundation

/// Paths and planes in latent space.
public enum LatentPaths {
  public enum Kind: String, CaseIterable, Sendable {
    case linear
    case spherical
  }

  /// Returns `count` points z(t) from a to b, ends included. Linear: z = (1 - t) a + t b. Spherical:
  /// z = ((1 - t) |a| + t |b|) (sin((1 - t) w) a/|a| + sin(t w) b/|b|) / sin w with the angle w
  /// between a and b: the slerp of the directions (Shoemake 1985; White 2016), whose length changes
  /// linearly.
  ///
  /// Throws `ArgumentError` for points of different lengths and for no points.
  public static func between(
    _ a: [Float], _ b: [Float], count: Int, kind: Kind
  ) throws(ArgumentError) -> [[Float]] {
    try ArgumentError.check(
      a.count == b.count, "LatentPaths.between", "from \(a.count) to \(b.count) dimensions")
    try ArgumentError.check(count > 0, "LatentPaths.between(count)", "\(count) points")
    return (0..<count).map { index in
      let t = count == 1 ? 0 : Double(index) / Double(count - 1)
      let (wa, wb) = kind == .linear ? (1 - t, t) : sphericalWeights(a, b, t)
      return zip(a, b).map { Float(wa * Double($0) + wb * Double($1)) }
    }
  }

  private static func sphericalWeights(_ a: [Float], _ b: [Float], _ t: Double) -> (Double, Double)
  {
    let na = norm(a)
    let nb = norm(b)
    guard na > 0, nb > 0 else { return (1 - t, t) }
    let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let angle = acos(min(1, max(-1, dot / (na * nb))))
    guard sin(angle) > 1e-6 else { return (1 - t, t) }
    // Directions turn evenly while the length goes from |a| to |b|.
    let length = (1 - t) * na + t * nb
    return (
      sin((1 - t) * angle) / sin(angle) * length / na, sin(t * angle) / sin(angle) * length / nb
    )
  }

  private static func norm(_ values: [Float]) -> Double {
    values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// A side x side plane of latents (i, j): the inverse normal CDF of an even grid of probabilities in (0, 1), the other
  /// latents 0 (Kingma & Welling 2014, appendix A). Rows run down latent j, columns along latent i.
  ///
  /// Throws `ArgumentError` for latents that are not among 0 ..< `latents`.
  public static func plane(
    side: Int, first: Int, second: Int, latents: Int
  ) throws(ArgumentError) -> [Float] {
    try ArgumentError.check(side > 0, "LatentPaths.plane(side)", "\(side) points")
    try ArgumentError.check(
      first >= 0 && second >= 0 && max(first, second) < latents, "LatentPaths.plane",
      "latents \(first) and \(second) of \(latents)")
    let quantiles = (0..<side).map { inverseNormalCDF((Double($0) + 0.5) / Double(side)) }
    var values: [Float] = []
    for row in 0..<side {
      for column in 0..<side {
        var z = [Float](repeating: 0, count: latents)
        z[first] = Float(quantiles[column])
        if second != first { z[second] = Float(quantiles[side - 1 - row]) }
        values += z
      }
    }
    return values
  }

  /// Phi^-1(p) for p in (0, 1): a rational approximation (Acklam), one Halley step against erfc; error about 1e-15.
  /// Infinite at 0 and 1, and not a number outside.
  public static func inverseNormalCDF(_ p: Double) -> Double {
    guard p > 0 && p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    let tail = 0.02425
    func polynomial(_ c: [Double], _ x: Double) -> Double { c.reduce(0) { $0 * x + $1 } }
    let a = [
      -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
      -3.066479806614716e+01, 2.506628277459239e+00,
    ]
    let b = [
      -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
      -1.328068155288572e+01, 1.0,
    ]
    let c = [
      -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
      -2.549732539343734e+00,
      4.374664141464968e+00, 2.938163982698783e+00,
    ]
    let d = [
      7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00,
      1.0,
    ]
    var x: Double
    if p < tail || p > 1 - tail {
      let q = (-2 * log(min(p, 1 - p))).squareRoot()
      x = polynomial(c, q) / polynomial(d, q)
      if p > 0.5 { x = -x }
    } else {
      let q = p - 0.5
      x = q * polynomial(a, q * q) / polynomial(b, q * q)
    }
    let error = 0.5 * erfc(-x / 2.0.squareRoot()) - p
    let u = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    x -= u / (1 + x * u / 2)
    return x
  }
}
