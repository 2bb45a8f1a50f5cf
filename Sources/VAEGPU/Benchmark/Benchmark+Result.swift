import Compute
import Graph
import Training

extension Benchmark {
  /// Timed repeats and what one step is made of.
  package struct Result: Sendable {
    package let configuration: RunConfiguration
    /// Steps of one repeat.
    package let steps: Int
    package let launchesPerStep: Int
    /// Operations of a step's matrix products.
    package let floatingPointOperations: Int
    /// Bytes that a step's launches read and write.
    package let byteCount: Int
    /// Seconds per step of each repeat, fastest first.
    package let secondsPerStep: [Double]
    /// Seconds until the host has enqueued a step; nil where the host is the device.
    package let hostSecondsPerStep: Double?

    init(
      configuration: RunConfiguration, program: Program, steps: Int, secondsPerStep: [Double],
      hostSecondsPerStep: Double?
    ) {
      self.configuration = configuration
      self.steps = steps
      launchesPerStep = program.launchCount
      floatingPointOperations = program.floatingPointOperations
      byteCount = program.byteCount
      self.secondsPerStep = secondsPerStep
      self.hostSecondsPerStep = hostSecondsPerStep
    }

    package var batch: Int { configuration.batchSize }
    package var median: Double { secondsPerStep[secondsPerStep.count / 2] }
    package var imagesPerSecond: Double { Double(batch) / median }
    package var slowest: Double { Double(batch) / (secondsPerStep.last ?? median) }
    package var fastest: Double { Double(batch) / (secondsPerStep.first ?? median) }
    package var gflops: Double { Double(floatingPointOperations) / median * 1e-9 }
    /// 10^9 bytes per second.
    package var gbPerSecond: Double { Double(byteCount) / median * 1e-9 }
  }

  /// Losses of the first steps on the device and by the float64 reference.
  package struct Validation: Sendable {
    package let losses: [Double]
    package let reference: [Double]
    package let precision: Precision

    /// The largest relative error of a loss.
    ///
    /// Rounding to bf16 changes a number by up to u = 2^-8 of it, so a product by up to 2u of the sum of |a| |b|. A loss is
    /// a mean over the pixels of a batch, 784 at least, and the errors of its terms have both signs: the mean of N that
    /// are independent is off by 2u / sqrt(N). The tolerance is that of N = 64, u / 4 = 9.8e-4; measured were 1e-6 to 2e-4.
    package var tolerance: Double { precision == .fp32 ? 1e-4 : 0x1p-10 }
    /// Operations of a step from which on a workload of the user's size is checked by one step instead of three: the
    /// float64 reference would take longer than the benchmark.
    static let slowStep = 5_000_000_000

    package var relativeError: Double {
      zip(losses, reference).reduce(0) { worst, pair in
        guard pair.0.isFinite, pair.1.isFinite else { return .infinity }
        return max(worst, abs(pair.0 - pair.1) / max(abs(pair.1), 1e-12))
      }
    }

    package var passed: Bool {
      losses.count == reference.count && !losses.isEmpty && relativeError <= tolerance
    }
  }
}

extension Benchmark.Preparation {
  /// Seconds of preparing and compiling: the first step's own time, `step`, is left out.
  package func compileSeconds(step: Double) -> Double {
    seconds - min(firstStep, step)
  }
}
