import Compute

/// The steps since the device's history was last read, and the sums of those since the last line of metrics.
struct MetricsWindow {
  /// Rows of each step whose history is still on the device.
  private(set) var pending: [Int] = []
  private var images = 0
  private var loss = 0.0
  private var logLikelihood = 0.0
  private var kl = 0.0
  private var norm = 0.0
  private var started = monotonicSeconds()

  /// Steps waiting on the device: the next slot of the history.
  var count: Int { pending.count }
  var isEmpty: Bool { images == 0 }

  mutating func add(rows: Int) { pending.append(rows) }

  /// Takes in history rows { loss, log-likelihood, KL, gradient norm }. Returns the index of the first that is not
  /// finite; its step and all after it are left out.
  mutating func take(_ history: [Double]) -> Int? {
    defer { pending.removeAll(keepingCapacity: true) }
    for (index, rows) in pending.enumerated() {
      let row = history[(4 * index)..<(4 * index + 4)]
      guard row[4 * index].isFinite, row[4 * index + 3].isFinite else { return index }
      let weight = Double(rows)
      images += rows
      loss += weight * row[4 * index]
      logLikelihood += weight * row[4 * index + 1]
      kl += weight * row[4 * index + 2]
      norm = row[4 * index + 3]
    }
    return nil
  }

  /// Means over the images since the last call, and starts anew.
  mutating func means() -> (
    loss: Double, logLikelihood: Double, kl: Double, norm: Double, imagesPerSecond: Double
  ) {
    let count = Double(max(images, 1))
    let now = monotonicSeconds()
    defer {
      (images, loss, logLikelihood, kl) = (0, 0, 0, 0)
      started = now
    }
    return (
      loss / count, logLikelihood / count, kl / count, norm,
      Double(images) / max(now - started, 1e-9)
    )
  }

  /// Leaves the time until now out of the speed of the next line.
  mutating func restartClock() { started = monotonicSeconds() }
}
