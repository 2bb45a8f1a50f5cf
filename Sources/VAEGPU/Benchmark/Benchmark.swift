import CPUBackend
import Compute
import Datasets
import Graph
import Training

/// Whole training steps of a workload on a device, timed after their losses were checked.
package final class Benchmark {
  /// What happens before the first figure.
  package struct Preparation: Sendable {
    /// Seconds to prepare the step and to take the first one, which compiles what is compiled late.
    let seconds: Double
    /// Seconds of the first step in that.
    let firstStep: Double
    /// The most bytes the process held by then; nil where the kernel does not say.
    package let peakByteCount: Int?
    /// Bytes on the device of what a step works on.
    package let deviceByteCount: Int
  }

  package let workload: Workload
  package let preparation: Preparation
  let images: ImageDataset
  let trainer: Trainer
  /// Losses of the first steps.
  private let losses: [Double]

  /// Builds the workload on the device and takes the steps that `validate` looks at.
  package init(_ workload: Workload, device: Device) throws {
    self.workload = workload
    images = workload.images()
    let rows = workload.configuration.batchSize
    ProcessMemory.resetPeak()
    let trainer = try Trainer(workload.configuration, data: images, device: device)
    let start = monotonicSeconds()
    let program = try trainer.step(rows: rows).program
    let prepared = monotonicSeconds()
    var losses = try trainer.runSteps(1)
    let end = monotonicSeconds()
    let isSlow = workload.isResized && program.floatingPointOperations > Validation.slowStep
    if !isSlow { losses += try trainer.runSteps(2) }
    self.trainer = trainer
    self.losses = losses
    preparation = Preparation(
      seconds: end - start, firstStep: end - prepared,
      peakByteCount: ProcessMemory.peakByteCount,
      deviceByteCount: try trainer.deviceByteCount(rows: rows))
  }

  var program: Program {
    get throws { try trainer.step(rows: workload.configuration.batchSize).program }
  }

  /// Takes the first steps on the reference as well.
  package func validate(threads: Int?) throws -> Validation {
    let reference = try Trainer(
      workload.configuration, data: images,
      device: Device(CPUBackend(threads: threads, realType: .float64)))
    return Validation(
      losses: losses, reference: try reference.runSteps(losses.count),
      precision: workload.configuration.precision)
  }

  /// Warms up and times `repeats` runs of `steps` steps; without `steps` a repeat takes about half a second.
  package func measure(steps: Int?, repeats: Int = 7) throws -> Result {
    let first = try seconds { _ = try trainer.runSteps(1) }
    let warmUp = min(max(Int(0.5 / max(first, 1e-7)), 1), 5)
    _ = try trainer.runSteps(warmUp)
    let perStep = try seconds { _ = try trainer.runSteps(warmUp) } / Double(warmUp)
    let count = steps ?? min(max(Int(0.5 / max(perStep, 1e-7)), 3), 20_000)
    // Clocks and caches settle in a run of the length that is timed.
    _ = try trainer.runSteps(count)
    var times: [Double] = []
    for _ in 0..<repeats {
      times.append(try seconds { _ = try trainer.runSteps(count) } / Double(count))
    }
    return Result(
      configuration: workload.configuration, program: try program, steps: count,
      secondsPerStep: times.sorted(), hostSecondsPerStep: try hostSeconds(perStep: perStep))
  }

  /// nil on the CPU backend, where the host is the device.
  private func hostSeconds(perStep: Double) throws -> Double? {
    guard !(trainer.vae.device.backend is CPUBackend) else { return nil }
    let count = min(max(Int(0.2 / max(perStep, 1e-7)), 3), 101)
    return try trainer.enqueueSteps(count).sorted()[count / 2]
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = monotonicSeconds()
    try body()
    return monotonicSeconds() - start
  }
}
