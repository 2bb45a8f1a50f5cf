import Glibc

/// Looks a hundred times a second whether a condition holds, for some ten minutes: machines of CI
/// can be slow. What the test expects then tells whether it does.
func waitUntil(_ condition: () throws -> Bool) rethrows {
  for _ in 0..<60_000 {
    if try condition() { return }
    usleep(10_000)
  }
}
