import Synchronization

/// What a device does that a person waits for or should know.
package enum DeviceEvent: Sendable, Equatable {
  /// The driver compiles a kernel, or takes it from its own cache, before its first launch. `done` of `total` kernels that
  /// are known to be needed are ready.
  case compiling(device: String, kernel: String, done: Int, total: Int)
  /// Nothing is compiled any more.
  case compiled
  /// Something that costs speed and not correctness.
  case warning(String)
}

/// Passes events of all devices of the process to one observer.
package enum DeviceEvents {
  package typealias Observer = @Sendable (DeviceEvent) -> Void

  private static let observer = Mutex<Observer?>(nil)

  /// Replaces the observer; nil: events are dropped.
  package static func observe(_ new: Observer?) { observer.withLock { $0 = new } }

  package static func send(_ event: DeviceEvent) { observer.withLock { $0 }?(event) }
}
