import FileFormats
import VAEGPU

/// The figures of one workload.
struct BenchReport {
  let benchmark: Benchmark
  let validation: Benchmark.Validation
  let result: Benchmark.Result
  let session: BenchSession
  let peaks: MeasuredPeaks
  /// nil where no list of launches was asked for.
  let launches: TraceReport?

  /// The yardsticks, above the table.
  var peaksLine: String {
    "peaks: GEMM \(Formatting.decimal(peaks.gemmGFLOPS, 1)) GFLOP/s"
      + (session.precision == .fp32 ? ", " : " in \(session.precision.rawValue), ")
      + "copy \(Formatting.decimal(peaks.copyGBPerSecond, 1)) GB/s, "
      + "empty launch \(Formatting.decimal(1e6 * peaks.emptyLaunchSeconds, 2)) µs"
  }

  static let head = row([
    "work", "batch", "images/s", "ms/step", "launches", "host µs", "GFLOP/s", "% GEMM", "GB/s",
    "% copy", "compile ms", "MB", "spread",
  ])

  var line: String {
    let preparation = benchmark.preparation
    return Self.row([
      benchmark.workload.name, "\(result.batch)", Formatting.decimal(result.imagesPerSecond, 0),
      Formatting.decimal(1000 * result.median, 3), "\(result.launchesPerStep)",
      result.hostSecondsPerStep.map { Formatting.decimal(1e6 * $0, 1) } ?? "-",
      Formatting.decimal(result.gflops, 1), Formatting.decimal(percentOfGEMM, 1),
      Formatting.decimal(result.gbPerSecond, 1), Formatting.decimal(percentOfCopy, 1),
      Formatting.decimal(1000 * compileSeconds, 1),
      preparation.peakByteCount.map { Formatting.decimal(1e-6 * Double($0), 0) } ?? "-",
      Formatting.decimal(100 * spread, 1) + "%",
    ])
  }

  /// The object of `--json`.
  var members: [JSONValue.Member] {
    let device = session.device.info
    let preparation = benchmark.preparation
    return [
      .text("work", benchmark.workload.name), .text("device", device.name),
      .text("device_selector", device.selector), .text("driver", device.driver),
      .init("isa", device.instructionSet.map { .string($0) } ?? .null),
      .text("precision", session.precision.rawValue),
      .integer("batch", result.batch),
      .init("hidden", .array(result.configuration.hidden.map { .number("\($0)") })),
      .integer("latent", result.configuration.latent),
      .number("images_per_s", result.imagesPerSecond), .number("ms_per_step", 1000 * result.median),
      .integer("launches_per_step", result.launchesPerStep), .number("gflops", result.gflops),
      .number("percent_of_gemm_peak", percentOfGEMM), .number("gb_per_s", result.gbPerSecond),
      .number("percent_of_copy_peak", percentOfCopy),
      .integer("flops_per_step", result.floatingPointOperations),
      .integer("bytes_per_step", result.byteCount),
      .number("host_us_per_step", result.hostSecondsPerStep.map { 1e6 * $0 }),
      .integer("repeats", result.secondsPerStep.count), .integer("steps", result.steps),
      .number("images_per_s_min", result.slowest), .number("images_per_s_max", result.fastest),
      .number("spread", spread), .init("validated", .bool(true)),
      .integer("validated_steps", validation.losses.count),
      .number("compile_ms", 1000 * compileSeconds),
      .init("programs_cached", session.device.programsAreFromCache.map { .bool($0) } ?? .null),
      .number("peak_memory_mb", preparation.peakByteCount.map { 1e-6 * Double($0) }),
      .number("device_memory_mb", 1e-6 * Double(preparation.deviceByteCount)),
      .number("peak_gemm_gflops", peaks.gemmGFLOPS),
      .number("peak_copy_gb_per_s", peaks.copyGBPerSecond),
      .number("empty_launch_us", 1e6 * peaks.emptyLaunchSeconds),
    ]
  }

  private var percentOfGEMM: Double { 100 * result.gflops / peaks.gemmGFLOPS }
  private var percentOfCopy: Double { 100 * result.gbPerSecond / peaks.copyGBPerSecond }

  private var compileSeconds: Double {
    session.openingSeconds + benchmark.preparation.compileSeconds(step: result.median)
  }

  /// (fastest - slowest) / median.
  private var spread: Double { (result.fastest - result.slowest) / result.imagesPerSecond }

  private static func row(_ cells: [String]) -> String {
    let widths = [8, 6, 10, 10, 9, 9, 9, 7, 7, 7, 11, 6, 8]
    return zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index == 0 ? cell.0 + padding : padding + cell.0
    }.joined()
  }
}
