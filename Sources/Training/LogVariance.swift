/// Log-variances of posteriors, as Kernels/posterior.cl has them.
enum LogVariance {
  /// Within LOG_VARIANCE_LOW ... LOG_VARIANCE_HIGH.
  static func clamped<T: FloatingPoint>(_ value: T) -> T { min(max(value, -30), 20) }
}
