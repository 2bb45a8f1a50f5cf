import Glibc
import Synchronization

/// SIGINT and SIGTERM as a flag. The first one is noted; a second one ends the process at once.
enum Signals {
  private static let noted = Atomic<Int32>(0)

  /// The signal that has come.
  static var received: Int32? {
    let signal = noted.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// A parent may have started the process with these signals blocked.
  static func unblockStops() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  static func catchStops() {
    // Initialises the flag: nothing lazy may be left to the handler.
    noted.store(0, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      Signals.noted.store(number, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
      signal(SIGTERM, SIG_DFL)
    }
    action.sa_flags = Int32(SA_RESTART)
    sigemptyset(&action.sa_mask)
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }
}
