import Foundation

/// base^exponent in float64.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Seconds on a clock that only moves forward.
func monotonicSeconds() -> Double {
  Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
}
