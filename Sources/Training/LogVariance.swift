/// Log-variances of posteriors, as Kernels/posterior.cl has them.
enum LogVariance {
  /// Within LOG_VARIANCE_LOW ... LOG_VARIANCE_HIGH.
  static func clamped(_ value: Double) -> Double { min(max(value, -30), 20) }
}
