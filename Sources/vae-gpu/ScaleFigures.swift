import Foundation
import VAEGPU

/// ln of the scale of a likelihood over the pixels: sigma of a Gaussian, b of a Laplace, s of a logistic.
struct ScaleFigures {
  /// Where there is one for all pixels.
  let shared: Double?
  let mean: Double
  let low: Double
  let high: Double

  /// nil for a likelihood that keeps no scale.
  init?(_ logScales: [Float]) {
    let values = logScales.map(Double.init)
    guard let low = values.min(), let high = values.max() else { return nil }
    (self.low, self.high) = (low, high)
    mean = values.reduce(0, +) / Double(values.count)
    shared = values.count == 1 ? values[0] : nil
  }

  /// "0.1234 (learned)", or the geometric mean of the pixels' with the range.
  func text(of sigma: Sigma) -> String {
    func decimal(_ logScale: Double) -> String { Formatting.decimal(exp(logScale), 4) }
    if let shared, sigma != .perPixel { return decimal(shared) + " (\(sigma))" }
    return decimal(mean) + " (per pixel: \(decimal(low)) to \(decimal(high)), geometric mean)"
  }
}
