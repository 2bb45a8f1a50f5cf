import CPUBackend
import Foundation
import Synchronization
import Testing

@Suite("Worker pool") struct WorkerPoolTests {
  /// A counter per task.
  ///
  /// Its lock is Foundation's, since ThreadSanitizer does not see that of Synchronization.
  private final class Counters: @unchecked Sendable {
    private let lock = NSLock()
    private var counts: [Int]

    init(_ count: Int) { counts = [Int](repeating: 0, count: count) }

    func add(_ index: Int) { lock.withLock { counts[index] += 1 } }
    var values: [Int] { lock.withLock { counts } }
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 3, 4, 7, 64, 1000])
  func `each task runs exactly once`(_ threads: Int, _ tasks: Int) {
    let pool = WorkerPool(threadCount: threads)
    let counters = Counters(tasks)
    pool.run(tasks: tasks) { counters.add($0) }
    #expect(counters.values == [Int](repeating: 1, count: tasks))
  }

  @Test(arguments: [1, 2, 3])
  func `each task runs exactly once in each of ten thousand runs`(_ threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    let largest = 9
    let counters = Counters(largest)
    var expected = [Int](repeating: 0, count: largest)
    for run in 0..<10_000 {
      let tasks = run % (largest + 1)
      pool.run(tasks: tasks) { counters.add($0) }
      for task in 0..<tasks { expected[task] += 1 }
      // All of a run is done when it returns.
      if run % 1000 == 0 { #expect(counters.values == expected) }
    }
    #expect(counters.values == expected)
  }

  @Test func `a run after the workers fell asleep finds them`() {
    let pool = WorkerPool(threadCount: 3)
    let counters = Counters(30)
    for _ in 0..<20 {
      pool.run(tasks: 30) { counters.add($0) }
      usleep(5000)
    }
    #expect(counters.values == [Int](repeating: 20, count: 30))
  }

  @Test func `tasks that wait for each other all get a thread`() {
    let pool = WorkerPool(threadCount: 2)
    let arrived = Atomic<Int>(0)
    pool.run(tasks: 2) { _ in
      arrived.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while arrived.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
    }
    #expect(arrived.load(ordering: .sequentiallyConsistent) == 2)
  }

  @Test func `what tasks write is seen after the run`() {
    let pool = WorkerPool(threadCount: 3)
    let count = 5000
    let values = UnsafeMutablePointer<Int>.allocate(capacity: count)
    values.initialize(repeating: 0, count: count)
    defer { values.deallocate() }
    for round in 1...50 {
      pool.run(tasks: count) { values[$0] += round + $0 }
    }
    let total = 50 * 51 / 2
    #expect((0..<count).allSatisfy { values[$0] == total + 50 * $0 })
  }

  @Test func `the end of a pool joins its threads`() throws {
    for threads in [1, 2, 5] {
      weak var released: WorkerPool?
      let before = threadCount()
      for _ in 0..<50 {
        let pool = WorkerPool(threadCount: threads)
        pool.run(tasks: 8) { _ in }
        released = pool
      }
      #expect(released == nil)
      // Other tests run pools of their own meanwhile; 50 leaked pools would show.
      if threads > 1 { #expect(threadCount() < before + 40) }
    }
  }

  @Test func `pools of no or negative size still work`() {
    for threads in [0, -1] {
      let counters = Counters(5)
      WorkerPool(threadCount: threads).run(tasks: 5) { counters.add($0) }
      #expect(counters.values == [1, 1, 1, 1, 1])
    }
  }

  private func threadCount() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
  }
}
