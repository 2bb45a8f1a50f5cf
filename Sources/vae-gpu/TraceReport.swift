import FileFormats
import Graph
import VAEGPU

/// Where the time of a step goes: launch by launch, and summed by operation.
struct TraceReport {
  let launches: [Benchmark.LaunchTime]
  /// Seconds between the launches of a step.
  let gaps: Double
  /// Seconds of a whole step as it was measured without a trace.
  let step: Double
  let peaks: MeasuredPeaks

  init(_ trace: Benchmark.Trace, step: Double, peaks: MeasuredPeaks) {
    launches = trace.launches
    gaps = trace.gaps
    self.step = step
    self.peaks = peaks
  }

  /// Time, share, work and rates of a launch or of several.
  private struct Figures {
    let seconds: Double
    let share: Double
    let work: Work
    let peaks: MeasuredPeaks

    var gbPerSecond: Double { Double(work.byteCount) / seconds * 1e-9 }
    var gflops: Double { Double(work.floatingPointOperations) / seconds * 1e-9 }
    /// Of the peak that it comes nearer to.
    var percentOfPeak: Double {
      100 * max(gflops / peaks.gemmGFLOPS, gbPerSecond / peaks.copyGBPerSecond)
    }

    static let heads = ["µs", "share", "MB", "MFLOP", "GB/s", "GFLOP/s", "% of peak"]

    var cells: [String] {
      let operations = Double(work.floatingPointOperations)
      return [
        cell(1e6 * seconds, 1), cell(100 * share, 1) + "%",
        cell(1e-6 * Double(work.byteCount), 3), operations > 0 ? cell(1e-6 * operations, 2) : "-",
        cell(gbPerSecond, 1), operations > 0 ? cell(gflops, 1) : "-", cell(percentOfPeak, 1),
      ]
    }

    var members: [JSONValue.Member] {
      [
        .number("time_us", 1e6 * seconds), .number("share", share),
        .integer("bytes", work.byteCount), .integer("flops", work.floatingPointOperations),
        .number("gb_per_s", gbPerSecond), .number("gflops", gflops),
        .number("percent_of_peak", percentOfPeak),
      ]
    }

    /// "-" for the rate of a launch that took no time that the clock can see.
    private func cell(_ value: Double, _ digits: Int) -> String {
      value.isFinite ? Formatting.decimal(value, digits) : "-"
    }
  }

  private var sum: Double { launches.reduce(0) { $0 + $1.seconds } }
  private var operations: [Benchmark.OperationTime] { Benchmark.profile(launches) }

  private func figures(_ seconds: Double, _ work: Work) -> Figures {
    Figures(seconds: seconds, share: seconds / sum, work: work, peaks: peaks)
  }

  func members(trace: Bool, profile: Bool) -> [JSONValue.Member] {
    var members = [
      JSONValue.Member.number("trace_us_per_step", 1e6 * sum),
      .number("gaps_us_per_step", 1e6 * gaps),
    ]
    if trace { members.append(.init("trace", .array(traceObjects))) }
    if profile { members.append(.init("profile", .array(profileObjects))) }
    return members
  }

  func lines(trace: Bool, profile: Bool) -> [String] {
    let total =
      "sum of launches \(Formatting.decimal(1000 * sum, 3)) ms, gaps between them "
      + "\(Formatting.decimal(1000 * gaps, 3)) ms, measured step "
      + "\(Formatting.decimal(1000 * step, 3)) ms (\(Formatting.decimal(100 * sum / step, 1))%)"
    return [""] + (trace ? traceTable + [""] : []) + (profile ? profileTable + [""] : [])
      + [total, ""]
  }

  private var traceTable: [String] {
    let rows = launches.enumerated().map { index, time in
      let launch = time.launch
      let name = launch.operation + (launch.label.isEmpty ? "" : ": " + launch.label)
      return ["\(index + 1)", name, launch.size, Formatting.decimal(1e6 * time.gap, 1)]
        + figures(time.seconds, launch.work).cells
    }
    return Formatting.table(
      [["#", "launch", "size", "gap µs"] + Figures.heads] + rows, rightFrom: 3)
  }

  private var profileTable: [String] {
    let rows = operations.map {
      [$0.operation, "\($0.launches)"] + figures($0.seconds, $0.work).cells
    }
    return Formatting.table([["operation", "launches"] + Figures.heads] + rows, rightFrom: 1)
  }

  private var traceObjects: [JSONValue] {
    launches.enumerated().map { index, time in
      let launch = time.launch
      return .object(
        [
          .integer("number", index + 1), .text("operation", launch.operation),
          .text("label", launch.label), .text("kernel", launch.kernel), .text("size", launch.size),
          .number("gap_us", 1e6 * time.gap), .number("queued_us", time.queued.map { 1e6 * $0 }),
        ] + figures(time.seconds, launch.work).members)
    }
  }

  private var profileObjects: [JSONValue] {
    operations.map {
      .object(
        [.text("operation", $0.operation), .integer("launches", $0.launches)]
          + figures($0.seconds, $0.work).members)
    }
  }
}
