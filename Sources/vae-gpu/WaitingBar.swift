import VAEGPU

/// A bar on a terminal for work that turns out to take more than a second; nothing elsewhere.
final class WaitingBar {
  private let label: String
  private let isTerminal = Console.isTerminal
  private let started = monotonicSeconds()
  private var lastDrawn: Double

  init(_ label: String) {
    self.label = label
    lastDrawn = started + 0.8
  }

  func show(_ fraction: Double) {
    let now = monotonicSeconds()
    guard isTerminal, now - lastDrawn > 0.2 else { return }
    lastDrawn = now
    let left = fraction > 0 ? (now - started) * (1 - fraction) / fraction : .infinity
    let bar = ProgressBar(
      label: label, fraction: fraction,
      fields: [left.isFinite ? Formatting.duration(left) + " left" : ""])
    Console.draw("\r" + bar.text(width: Console.width - 1) + "\u{1B}[K")
  }

  /// Takes the bar away.
  func clear() {
    if isTerminal { Console.draw("\r\u{1B}[K") }
  }
}
