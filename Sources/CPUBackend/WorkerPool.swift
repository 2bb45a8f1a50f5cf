import CKernels
import Glibc
import Synchronization

/// A persistent pool of threads for data-parallel loops. The calling thread works too; idle workers spin briefly,
/// then sleep.
///
/// `run` may be called from one thread at a time; that thread is the backend's owner.
package final class WorkerPool {
  /// Threads at work, the caller included.
  package let threadCount: Int

  private let crew = WorkerCrew()
  private var threads: [pthread_t] = []

  package init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
    for _ in 1..<self.threadCount {
      var thread = pthread_t()
      // A worker holds the crew and never the pool, whose end stops it.
      let context = Unmanaged.passRetained(crew)
      let status = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<WorkerCrew>.fromOpaque(context).takeRetainedValue().workerLoop()
          return nil
        }, context.toOpaque())
      if status == 0 { threads.append(thread) } else { context.release() }
    }
  }

  deinit {
    crew.stop()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs `body(0) … body(tasks - 1)`, each once, and returns when all are done.
  package func run(tasks: Int, _ body: (Int) -> Void) {
    guard tasks > 1, !threads.isEmpty else {
      for task in 0..<tasks { body(task) }
      return
    }
    crew.run(tasks: tasks, workers: threads.count, body)
  }
}

/// What the threads of a pool share.
private final class WorkerCrew: @unchecked Sendable {
  private let generation = Atomic<Int>(0)
  private let nextTask = Atomic<Int>(0)
  private let busyWorkers = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  // Written by `run` before `generation` is raised, read by workers after they see it.
  private var taskCount = 0
  private var body: UnsafePointer<(Int) -> Void>?

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  private static let spinLimit = 4000

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  /// Ends every worker loop.
  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func run(tasks: Int, workers: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { escaping in
      withUnsafePointer(to: escaping) { pointer in
        self.body = pointer
        taskCount = tasks
        nextTask.store(0, ordering: .relaxed)
        busyWorkers.store(workers, ordering: .relaxed)
        generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
          pthread_mutex_lock(mutex)
          pthread_cond_broadcast(condition)
          pthread_mutex_unlock(mutex)
        }
        work()
        var spins = 0
        while busyWorkers.load(ordering: .acquiring) > 0 {
          spins += 1
          if spins > Self.spinLimit { sched_yield() } else { vae_pause() }
        }
        self.body = nil
      }
    }
  }

  private func work() {
    guard let body else { return }
    let tasks = taskCount
    while true {
      let task = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= tasks { return }
      body.pointee(task)
    }
  }

  func workerLoop() {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen {
        if stopping.load(ordering: .relaxed) { return }
        spins += 1
        if spins < Self.spinLimit {
          vae_pause()
        } else {
          sleep(until: seen)
        }
      }
      seen += 1
      work()
      busyWorkers.wrappingSubtract(1, ordering: .releasing)
    }
  }

  private func sleep(until seen: Int) {
    pthread_mutex_lock(mutex)
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen
      && !stopping.load(ordering: .sequentiallyConsistent)
    {
      pthread_cond_wait(condition, mutex)
    }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
