/// Computes the error of values relative to their scale, max |a - b| / max |b|, in float64.
///
/// It is infinite where lengths differ or a difference is not finite: NaN compares as false, so `max` alone would lose it.
///
/// - Parameters:
///   - values: a, the values to judge.
///   - expected: b, the reference.
package func relativeError(_ values: [Double], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(1e-30) { max($0, abs($1)) }
  return zip(values, expected).reduce(0.0) { worst, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isFinite ? max(worst, difference / scale) : .infinity
  }
}
