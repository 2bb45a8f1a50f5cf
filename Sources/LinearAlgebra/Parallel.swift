import Dispatch
import Synchronization

/// Independent work on several threads.
package enum Parallel {
  /// `body` of 0 ..< count, in order; the first error is thrown.
  package static func map<T: Sendable>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) throws -> T
  ) throws -> [T] {
    let pieces = max(1, min(count, threads))
    let parts = Mutex<[Int: Result<[T], any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      let part = Result {
        try (count * piece / pieces..<count * (piece + 1) / pieces).map { try body($0) }
      }
      parts.withLock { $0[piece] = part }
    }
    return try (0..<pieces).flatMap { piece in
      try parts.withLock { $0[piece] }?.get() ?? []
    }
  }
}
