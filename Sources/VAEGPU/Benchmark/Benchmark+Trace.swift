import Compute
import Graph
import Training

extension Benchmark {
  /// The median times of one launch.
  package struct LaunchTime: Sendable {
    package let launch: LaunchDescription
    package let seconds: Double
    /// Seconds that the device was idle before it; 0 for the first of a step.
    package let gap: Double
    /// Seconds from the call that enqueued it to its start; nil where nothing is enqueued, or several kernels are.
    package let queued: Double?
  }

  /// The launches of a step, in order.
  package struct Trace: Sendable {
    package let launches: [LaunchTime]
    /// Seconds between the launches of a step: the median over steps of the sum of the gaps.
    package let gaps: Double
  }

  /// Launches of one operation together.
  package struct OperationTime: Sendable {
    package let operation: String
    package let launches: Int
    package let seconds: Double
    package let work: Work
  }

  /// Times every launch of whole training steps: the median of some half a second of them, in order.
  ///
  /// - Parameters:
  ///   - device: the device opened for profiling; nil: the device of the benchmark.
  ///   - step: seconds of a step, from `measure`.
  package func trace(on device: Device?, step: Double) throws -> Trace {
    let trainer =
      try device.map {
        try Trainer(workload.configuration, data: images, device: $0)
      } ?? trainer
    _ = try trainer.runSteps(2)
    let count = min(max(Int(0.5 / max(step, 1e-7)), 3), 500)
    let steps = try trainer.profileSteps(count)
    let launches = try program.launches.enumerated().map { index, launch in
      let times = steps.map { $0[index] }
      return LaunchTime(
        launch: launch, seconds: median(times.map(\.seconds)), gap: median(times.map(\.gap)),
        queued: times[0].queued == nil ? nil : median(times.compactMap(\.queued)))
    }
    return Trace(
      launches: launches,
      gaps: median(steps.map { $0.reduce(0) { $0 + $1.gap } }))
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// A trace summed by operation, the longest first.
  package static func profile(_ trace: [LaunchTime]) -> [OperationTime] {
    Dictionary(grouping: trace, by: \.launch.operation).map { operation, launches in
      OperationTime(
        operation: operation, launches: launches.count,
        seconds: launches.reduce(0) { $0 + $1.seconds },
        work: launches.reduce(Work(byteCount: 0)) { $0 + $1.launch.work })
    }.sorted { ($1.seconds, $0.operation) < ($0.seconds, $1.operation) }
  }
}
