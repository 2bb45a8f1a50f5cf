import Dispatch
import Synchronization
import VAEGPU

/// Shows events of devices on stderr: warnings as lines, and compilation that takes more than a second as one line for each
/// device, with a bar on a terminal.
final class DeviceNotices: Sendable {
  /// What is known of a compilation that has not ended.
  private struct Compilation {
    var began: Double
    var device: String
    var kernel: String
    var fraction: Double
    var isBarDrawn = false
  }

  private struct State {
    var compilation: Compilation?
    /// Lines that were printed: each is said once.
    var said: Set<String> = []
    var timer: (any DispatchSourceTimer)?
  }

  /// Compilation that ends within this time, in seconds, is not worth a line.
  private static let patience = 1.0

  private let state = Mutex(State())
  private let isTerminal = Console.isTerminal

  /// Shows the events of all devices from now on; nothing where `isQuiet`.
  static func show(isQuiet: Bool) {
    guard !isQuiet else { return }
    let notices = DeviceNotices()
    DeviceEvents.observe { notices.take($0) }
  }

  private func take(_ event: DeviceEvent) {
    switch event {
    case .warning(let text):
      state.withLock { Self.say("warning: \(text)", &$0) }
    case .compiling(let device, let kernel, let done, let total):
      state.withLock { state in
        let fraction = Double(done) / Double(max(total, 1))
        if state.compilation == nil {
          state.compilation = Compilation(
            began: monotonicSeconds(), device: device, kernel: kernel, fraction: fraction)
          state.timer = makeTimer()
        } else {
          state.compilation?.kernel = kernel
          state.compilation?.fraction = fraction
        }
      }
    case .compiled:
      state.withLock { state in
        state.timer?.cancel()
        state.timer = nil
        if state.compilation?.isBarDrawn == true { Console.draw("\r\u{1B}[K") }
        state.compilation = nil
      }
    }
  }

  /// Compilation blocks the thread that asks for it: lines and bars come from another one.
  private func makeTimer() -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + Self.patience, repeating: 0.25)
    timer.setEventHandler { [weak self] in self?.draw() }
    timer.resume()
    return timer
  }

  private func draw() {
    state.withLock { state in
      guard let compilation = state.compilation,
        monotonicSeconds() - compilation.began >= Self.patience
      else { return }
      Self.say("compiling kernels for \(compilation.device) (first time only)", &state)
      guard isTerminal else { return }
      let bar = ProgressBar(
        label: "kernels", fraction: compilation.fraction, fields: [compilation.kernel])
      Console.draw("\r" + bar.text(width: Console.width - 1) + "\u{1B}[K")
      state.compilation?.isBarDrawn = true
    }
  }

  private static func say(_ line: String, _ state: inout State) {
    guard state.said.insert(line).inserted else { return }
    if state.compilation?.isBarDrawn == true { Console.draw("\r\u{1B}[K") }
    Console.error(line)
  }
}
