import Foundation

/// base^exponent in float64.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
