import Dispatch
import VAEGPU

/// One line: a label, a bar, fields.
struct ProgressBar {
  let label: String
  let fraction: Double
  let fields: [String]

  /// The line in at most `width` columns: the bar shrinks first, then goes, then the end is cut.
  func text(width: Int) -> String {
    let percent = "\(Int(min(max(fraction, 0), 1) * 100))%"
    let rest = ([percent] + fields.filter { !$0.isEmpty }).joined(separator: "  ")
    let room = min(width - label.count - rest.count - 6, 40)
    guard room >= 5 else { return String("\(label)  \(rest)".prefix(max(width, 0))) }
    let filled = Int((min(max(fraction, 0), 1) * Double(room)).rounded(.down))
    let head = filled < room ? ">" : ""
    let bar =
      String(repeating: "=", count: filled) + head
      + String(repeating: " ", count: room - filled - head.count)
    return "\(label)  [\(bar)]  \(rest)"
  }
}

/// Counts training images: speed, share done, time left.
struct ImageMeter {
  private let batches: Batches
  private let total: Int
  private var first = 0
  private var last: (images: Int, time: Double)?
  private var lastNoted = 0
  private var notedImages = 0
  private var notedSeconds = 0.0
  private(set) var recentImagesPerSecond: Double?
  private(set) var fraction = 0.0

  init(_ settings: RunConfiguration, batches: Batches) {
    self.batches = batches
    let all = settings.epochs.multipliedReportingOverflow(by: batches.images)
    let epochs = all.overflow ? Int.max : all.partialValue
    total = settings.maxSteps.map { min(epochs, batches.images(after: $0)) } ?? epochs
  }

  mutating func start(at progress: TrainingProgress) {
    first = images(progress)
    lastNoted = first
    last = (first, Self.now)
    fraction = Double(first) / Double(max(total, 1))
  }

  mutating func advance(to progress: TrainingProgress) {
    let count = images(progress)
    let now = Self.now
    if let last, now > last.time, count > last.images {
      let speed = Double(count - last.images) / (now - last.time)
      recentImagesPerSecond = recentImagesPerSecond.map { 0.8 * $0 + 0.2 * speed } ?? speed
    }
    last = (count, now)
    fraction = Double(count) / Double(max(total, 1))
  }

  /// Takes in a line of metrics of training steps.
  mutating func note(_ line: MetricsLine) {
    let count = batches.images(after: line.step)
    if line.imagesPerSecond > 0 {
      notedSeconds += Double(count - lastNoted) / line.imagesPerSecond
      notedImages += count - lastNoted
    }
    lastNoted = count
  }

  /// Leaves the time until the next `advance` out of the speed.
  mutating func pause() { last = nil }

  var secondsLeft: Double? {
    guard let speed = recentImagesPerSecond, speed > 0 else { return nil }
    return (1 - fraction) * Double(total) / speed
  }

  /// Over all lines of metrics.
  var imagesPerSecond: Double? {
    notedSeconds > 0 ? Double(notedImages) / notedSeconds : nil
  }

  private func images(_ progress: TrainingProgress) -> Int {
    progress.epoch * batches.images + progress.position
  }

  private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
