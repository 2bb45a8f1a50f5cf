import CPUBackend
import Compute
import Datasets
import Dispatch
import Training

/// Whole training steps of a workload on a device, timed after their losses were checked.
package final class Benchmark {
  /// Timed repeats and what one step is made of.
  package struct Result: Sendable {
    package let batch: Int
    /// Steps of one repeat.
    package let steps: Int
    package let launchesPerStep: Int
    /// Operations of a step's matrix products.
    package let floatingPointOperations: Int
    /// Seconds per step of each repeat, fastest first.
    package let secondsPerStep: [Double]

    package var median: Double { secondsPerStep[secondsPerStep.count / 2] }
    package var imagesPerSecond: Double { Double(batch) / median }
    package var slowest: Double { Double(batch) / (secondsPerStep.last ?? median) }
    package var fastest: Double { Double(batch) / (secondsPerStep.first ?? median) }
    package var gflops: Double { Double(floatingPointOperations) / median * 1e-9 }
  }

  /// Losses of the first steps on the device and by the float64 reference.
  package struct Validation: Sendable {
    package let losses: [Double]
    package let reference: [Double]

    package static let tolerance = 1e-4

    package var relativeError: Double {
      zip(losses, reference).reduce(0) { worst, pair in
        guard pair.0.isFinite, pair.1.isFinite else { return .infinity }
        return max(worst, abs(pair.0 - pair.1) / max(abs(pair.1), 1e-12))
      }
    }

    package var passed: Bool {
      losses.count == reference.count && !losses.isEmpty && relativeError <= Self.tolerance
    }
  }

  private let workload: Workload
  private let images: ImageDataset
  private let trainer: Trainer

  package init(_ workload: Workload, images: ImageDataset, device: Device) throws {
    self.workload = workload
    self.images = images
    trainer = try Trainer(workload.configuration, data: images, device: device)
  }

  /// Takes the first three steps on the device and on the reference.
  package func validate(threads: Int?) throws -> Validation {
    let reference = try Trainer(
      workload.configuration, data: images,
      device: Device(CPUBackend(threads: threads, realType: .float64)))
    return Validation(losses: try trainer.runSteps(3), reference: try reference.runSteps(3))
  }

  /// Warms up and times `repeats` runs of `steps` steps; without `steps` a repeat takes about half a second.
  package func measure(steps: Int?, repeats: Int = 7) throws -> Result {
    let warmUp = 5
    _ = try trainer.runSteps(warmUp)
    let perStep = try seconds { _ = try trainer.runSteps(warmUp) } / Double(warmUp)
    let count = steps ?? min(max(Int(0.5 / max(perStep, 1e-7)), 3), 20_000)
    // Clocks and caches settle in a run of the length that is timed.
    _ = try trainer.runSteps(count)
    var times: [Double] = []
    for _ in 0..<repeats {
      times.append(try seconds { _ = try trainer.runSteps(count) } / Double(count))
    }
    let batch = workload.configuration.batchSize
    let program = try trainer.step(rows: batch).program
    return Result(
      batch: batch, steps: count, launchesPerStep: program.launchCount,
      floatingPointOperations: program.floatingPointOperations, secondsPerStep: times.sorted())
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}
