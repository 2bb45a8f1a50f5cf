import ArgumentParser
import Datasets
import FileFormats
import VAEGPU

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Training speed of named workloads, after a check of the results.",
    usage: "vae-gpu bench [options]",
    discussion: """
      Whole training steps: gather, forward, backward, Adam. The losses of the first three steps \
      (one, for a size of your own above 5 GFLOP a step) must be those of the float64 CPU \
      reference to 1e-4 (1e-3 with bf16), or no figure is printed. Figures are the median of the repeats.

      GFLOP/s counts the matrix products, GB/s what the launches read and write; '% GEMM' and \
      '% copy' hold them against a large matrix product and a large copy that are timed in the \
      same run (above 100%: the data stayed in caches). 'host µs' is the time to enqueue a step, \
      'compile ms' what passes before steps have their speed, 'MB' the peak memory of the process. \
      Benchmarks/README.md has every formula.

      Workloads (28 x 28 sprites, no file needed):
      \(Workload.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))
      """)

  @Option(
    help: ArgumentHelp(
      "A comma list of \(Workload.names.joined(separator: ", ")) "
        + "(default: mlp400,mlp300g,linear,mlp2048).", valueName: "names"),
    transform: { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try FlagValue.name(in: Workload.names)(String($0))
      }
    })
  var work: [String]?

  @OptionGroup var device: DeviceOptions

  @OptionGroup var size: WorkloadSize

  @Option(
    help: """
      Matrix products on an OpenCL device: tuned, untuned or clblast (default: tuned, by the verdicts \
      of 'vae-gpu tune' or those that come with the program). clblast takes CLBlast's parameters \
      from the verdicts, too.
      """,
    transform: FlagValue.name(in: GemmChoice.names))
  var gemm: String?

  @Option(
    help: """
      Of the operands of matrix products: fp32; bf16 on the CPU backend and on GPUs with matrix \
      instructions; tf32 on these (default: fp32).
      """,
    transform: FlagValue.choice(Precision.self))
  var precision: Precision?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Steps of one repeat (default: about half a second of them).", valueName: "n"),
    transform: FlagValue.integer(1...1_000_000))
  var steps: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Timed repeats (default: 7).", valueName: "n"),
    transform: FlagValue.integer(1...1000))
  var repeats: Int?

  @Flag(help: "Print every launch of a step with its time, bytes and operations.")
  var trace = false

  @Flag(help: "Print the same summed by operation, the longest first.") var profile = false

  @Flag(help: "Print one JSON object a line, one line a workload.") var json = false

  func run() throws {
    let names = work ?? ["mlp400", "mlp300g", "linear", "mlp2048", "conv28", "conv64"]
    let workloads = try names.compactMap { name in Workload.all.first { $0.name == name } }
      .map { try resized($0) }
      .map { $0.with(precision ?? .fp32) }
    let session = try BenchSession(device, gemm: gemm, precision: precision ?? .fp32)
    if !json { Console.error(session.deviceLine) }
    var failed: [String] = []
    var isFirst = true
    for workload in workloads {
      let benchmark = try Benchmark(workload, device: session.device)
      let validation = try benchmark.validate(threads: device.threads)
      guard validation.passed else {
        failed.append("\(workload.name) (relative error \(validation.relativeError))")
        continue
      }
      try print(try report(benchmark, validation, session), isFirst: isFirst)
      isFirst = false
    }
    guard failed.isEmpty else {
      throw FoundFailure(
        "the losses on \(session.device.info.name) differ from the float64 reference: "
          + "\(failed.joined(separator: ", ")); 'vae-gpu doctor' checks the kernels")
    }
  }

  /// The workload with the sizes of the flags.
  private func resized(_ workload: Workload) throws -> Workload {
    if let batch = size.batchSize, batch > workload.largestBatch {
      throw UsageError(
        "--batch-size \(batch): \(workload.name) has batches of up to \(workload.largestBatch)")
    }
    return try workload.resized(
      batch: size.batchSize, hidden: size.hidden, latent: size.latent)
  }

  private func report(
    _ benchmark: Benchmark, _ validation: Benchmark.Validation, _ session: BenchSession
  ) throws -> BenchReport {
    let peaks = try session.peaks()
    let result = try benchmark.measure(steps: steps, repeats: repeats ?? 7)
    var launches: TraceReport?
    if trace || profile {
      launches = TraceReport(
        try benchmark.trace(on: session.profilingDevice(), step: result.median),
        step: result.median, peaks: peaks)
    }
    return BenchReport(
      benchmark: benchmark, validation: validation, result: result, session: session, peaks: peaks,
      launches: launches)
  }

  private func print(_ report: BenchReport, isFirst: Bool) throws {
    let lists = report.launches
    if json {
      let more = lists?.members(trace: trace, profile: profile) ?? []
      try Console.print(JSONValue.object(report.members + more).text)
      return
    }
    if isFirst { try Console.print(report.peaksLine) }
    if isFirst || lists != nil { try Console.print(BenchReport.head) }
    try Console.print(report.line)
    for line in lists?.lines(trace: trace, profile: profile) ?? [] { try Console.print(line) }
  }
}

/// Sizes that are not the workload's own.
struct WorkloadSize: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Images per step, up to 4096, instead of the workload's.", valueName: "n"),
    transform: FlagValue.integer(1...4096))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Widths of the encoder's hidden layers, or none, instead of the workload's.",
      valueName: "widths"),
    transform: FlagValue.widths)
  var hidden: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Dimensions of the latent space instead of the workload's.", valueName: "n"),
    transform: FlagValue.integer())
  var latent: Int?
}
