import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a flag. The first one is noted; a second SIGINT or SIGTERM ends the process at once.
enum Signals {
  private static let noted = Atomic<Int32>(0)
  private static let stops = [SIGINT, SIGTERM, SIGHUP]

  /// The signal that has come.
  static var received: Int32? {
    let signal = noted.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// A parent may have started the process with these signals blocked.
  static func unblockStops() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in stops { sigaddset(&set, number) }
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
      // A terminal that closes sends several: the shell and the kernel each do.
      signal(SIGHUP, SIG_IGN)
    }
    action.sa_flags = Int32(SA_RESTART)
    sigemptyset(&action.sa_mask)
    // nohup has the process ignore SIGHUP, and that stays so.
    for number in stops where number != SIGHUP || !isIgnored(SIGHUP) {
      sigaction(number, &action, nil)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var present = sigaction()
    guard sigaction(number, nil, &present) == 0 else { return false }
    return unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
