import Foundation

/// The largest difference, relative to the largest expected value; infinite where a value is not finite.
func relativeError(_ values: [Double], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  var worst = 0.0
  for (value, expected) in zip(values, expected) {
    let difference = abs(value - expected)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
  }
  return worst == 0 ? 0 : worst / max(scale, .leastNormalMagnitude)
}

func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  relativeError(values.map(Double.init), expected)
}

func relativeError(_ value: Double, _ expected: Double) -> Double {
  relativeError([value], [expected])
}

/// The largest of what a test measured, for the log.
struct Worst {
  private(set) var value = 0.0

  mutating func add(_ error: Double) { value = max(value, error.isNaN ? .infinity : error) }

  var text: String { String(format: "%.2e", value) }
}
