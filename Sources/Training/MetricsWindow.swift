import Compute
import FileFormats

/// Sums over the images of the steps since the last line of metrics.
package struct MetricsSums: Sendable, Equatable {
  var images = 0
  var loss = 0.0
  var logLikelihood = 0.0
  var kl = 0.0
  /// The gradient norm of the last step.
  var norm = 0.0

  init() {}

  /// The name among the metadata of a checkpoint, and the text: numbers that read back as they were.
  static let key = "interval"
  var text: String { "\(images) \(loss) \(logLikelihood) \(kl) \(norm)" }

  /// Those of a checkpoint; nil where it has none.
  init?(_ file: SafeTensors) throws(FileError) {
    guard let text = file.metadata[Self.key] else { return nil }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let numbers = words.dropFirst().compactMap { Double($0) }
    guard words.count == 5, numbers.count == 4, numbers.allSatisfy(\.isFinite),
      let images = Int(words[0]), (1...Int(UInt32.max)).contains(images)
    else {
      throw FileError(
        .malformed, path: file.path, problem: "its metadata has no five numbers '\(Self.key)'")
    }
    self.images = images
    (loss, logLikelihood, kl, norm) = (numbers[0], numbers[1], numbers[2], numbers[3])
  }

  mutating func add(rows: Int, _ row: ArraySlice<Double>) {
    let (weight, first) = (Double(rows), row.startIndex)
    images += rows
    loss += weight * row[first]
    logLikelihood += weight * row[first + 1]
    kl += weight * row[first + 2]
    norm = row[first + 3]
  }
}

/// The steps since the device's history was last read, and the sums of those since the last line of metrics.
struct MetricsWindow {
  /// Rows of each step whose history is still on the device.
  private(set) var pending: [Int] = []
  private(set) var sums = MetricsSums()
  /// Images of this process, which `started` is the time of.
  private var timedImages = 0
  private var started = monotonicSeconds()

  init(goingOnFrom sums: MetricsSums? = nil) { self.sums = sums ?? MetricsSums() }

  /// Steps waiting on the device: the next slot of the history.
  var count: Int { pending.count }
  var isEmpty: Bool { sums.images == 0 }

  mutating func add(rows: Int) { pending.append(rows) }

  /// Takes in history rows { loss, log-likelihood, KL, gradient norm }. Returns the index of the first that is not
  /// finite; its step and all after it are left out.
  mutating func take(_ history: [Double]) -> Int? {
    defer { pending.removeAll(keepingCapacity: true) }
    for (index, rows) in pending.enumerated() {
      let row = history[(4 * index)..<(4 * index + 4)]
      guard row[4 * index].isFinite, row[4 * index + 3].isFinite else { return index }
      sums.add(rows: rows, row)
      timedImages += rows
    }
    return nil
  }

  /// Means over the images since the last call, and starts anew.
  mutating func means() -> (
    loss: Double, logLikelihood: Double, kl: Double, norm: Double, imagesPerSecond: Double
  ) {
    let count = Double(max(sums.images, 1))
    let now = monotonicSeconds()
    defer {
      sums = MetricsSums()
      timedImages = 0
      started = now
    }
    return (
      sums.loss / count, sums.logLikelihood / count, sums.kl / count, sums.norm,
      Double(timedImages) / max(now - started, 1e-9)
    )
  }

  /// Leaves the time until now out of the speed of the next line.
  mutating func restartClock() { started = monotonicSeconds() }
}
