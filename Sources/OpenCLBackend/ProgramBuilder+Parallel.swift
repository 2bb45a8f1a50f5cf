import COpenCL
import Compute
import Foundation
import Synchronization

/// A program that nobody owns yet.
struct BuiltProgram: @unchecked Sendable {
  let raw: cl_program
  /// Whether it was compiled by an earlier process.
  let isFromCache: Bool

  func handle() -> ProgramHandle { ProgramHandle(raw: raw, isFromCache: isFromCache) }
}

extension ProgramBuilder {
  /// Compilers want more than the stack of a thread of Dispatch.
  private static let stackSize = 64 << 20

  /// Drivers whose compilers are made for several threads. PoCL compiles one program at a time in a context; simulators
  /// and others are not asked to.
  private static let parallelPlatforms = ["NVIDIA", "AMD", "Intel"]

  /// Builds programs, side by side where the driver takes that: at most one a processor.
  func build(_ requests: [ProgramRequest]) throws(ComputeError) -> [BuiltProgram] {
    let work = BuildQueue(requests, builder: self)
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let isParallel = Self.parallelPlatforms.contains { device.info.platform.hasPrefix($0) }
    let count = isParallel ? min(requests.count, processors, 8) : 1
    if count < 2 {
      work.run()
    } else {
      let group = DispatchGroup()
      for _ in 0..<count {
        group.enter()
        let thread = Thread {
          work.run()
          group.leave()
        }
        thread.stackSize = Self.stackSize
        thread.start()
      }
      group.wait()
    }
    DeviceEvents.send(.compiled)
    return try work.programs()
  }
}

/// Requests that threads take one by one.
private final class BuildQueue: Sendable {
  private struct State {
    var next = 0
    var done = 0
    var programs: [Int: BuiltProgram] = [:]
    var error: ComputeError?
  }

  private let requests: [ProgramRequest]
  private let builder: ProgramBuilder
  private let state = Mutex(State())

  init(_ requests: [ProgramRequest], builder: ProgramBuilder) {
    self.requests = requests
    self.builder = builder
  }

  func run() {
    while let index = take() {
      do throws(ComputeError) {
        let program = try builder.build(requests[index])
        state.withLock {
          $0.programs[index] = program
          $0.done += 1
        }
      } catch {
        state.withLock { $0.error = $0.error ?? error }
      }
    }
  }

  private func take() -> Int? {
    let (index, done) = state.withLock { state -> (Int?, Int) in
      guard state.next < requests.count, state.error == nil else { return (nil, 0) }
      state.next += 1
      return (state.next - 1, state.done)
    }
    guard let index else { return nil }
    if !builder.isKept(requests[index]) {
      DeviceEvents.send(
        .compiling(
          device: builder.device.info.name, kernel: requests[index].label, done: done,
          total: requests.count))
    }
    return index
  }

  /// The programs in order, or the first error.
  func programs() throws(ComputeError) -> [BuiltProgram] {
    let (programs, error) = state.withLock { ($0.programs, $0.error) }
    if let error {
      for program in programs.values { clReleaseProgram(program.raw) }
      throw error
    }
    return requests.indices.compactMap { programs[$0] }
  }
}
