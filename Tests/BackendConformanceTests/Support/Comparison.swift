import Testing

/// max |a - b| / max(1e-3, max |b|): the error of a tensor relative to its scale. Infinite where one is not finite and
/// the other differs.
func relativeError(_ values: [Double], _ expected: [Double]) -> Double {
  guard values.count == expected.count else { return .infinity }
  var error = 0.0
  var scale = 1e-3
  for (a, b) in zip(values, expected) where a != b {
    let difference = abs(a - b)
    if !difference.isFinite { return .infinity }
    error = max(error, difference)
  }
  for b in expected where b.isFinite { scale = max(scale, abs(b)) }
  return error / scale
}

/// Checks that every value is within absolute + relative |expected| of what is expected.
func expectClose(
  _ values: [Double], _ expected: [Double], absolute: Double = 1e-6, relative: Double = 2e-6,
  _ what: String, _ location: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, "\(what)", sourceLocation: location)
  let wrong = zip(values, expected).enumerated().filter { _, pair in
    !(abs(pair.0 - pair.1) <= absolute + relative * abs(pair.1))
  }
  #expect(
    wrong.isEmpty, "\(what): (index, (value, expected)) \(wrong.prefix(4).map { $0 })",
    sourceLocation: location)
}

/// Bit patterns, for equality that tells -0 from 0 and takes NaN as equal to itself.
func bits(_ tensors: [[Double]]) -> [[UInt64]] { tensors.map { $0.map(\.bitPattern) } }
