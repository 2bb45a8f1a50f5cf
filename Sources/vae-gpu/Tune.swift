import ArgumentParser
import FileFormats
import VAEGPU

struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the fastest kernels for an OpenCL device.",
    usage: "vae-gpu tune [options]",
    discussion: """
      Measures several ways to run each matrix product of the named workloads: CLBlast and the \
      engine's own kernels with different tiles. CLBlast has one set of parameters for all products \
      of a device: it is chosen first, by the geometric mean of the speeds (--quick: among few on \
      GPUs, CLBlast's own on processors). A kernel whose result differs from the CPU \
      backend's by more than rounding cannot win. The verdicts are kept per device and driver in the \
      cache folder; every later run of any model uses them, by the most similar shape. PoCL and \
      Intel's runtime for processors have verdicts that come with the program; the CPU backend \
      needs none.
      """)

  @Option(
    help: ArgumentHelp(
      "A comma list of workloads (default: all): \(Workload.names.joined(separator: ", ")).",
      valueName: "names"),
    transform: { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try FlagValue.name(in: Workload.names)(String($0))
      }
    })
  var work: [String]?

  @Option(
    parsing: .unconditional,
    help: "auto, a number or a part of a name, as 'vae-gpu devices' lists them.",
    transform: FlagValue.device)
  var device: String?

  @Flag(help: "Try few kernels: seconds instead of minutes.") var quick = false

  @Option(
    help: """
      Order of sums of the kernels that may win: exact (the bits of the CPU backend) or fast (default: fast; \
      kernels for processors know exact alone).
      """,
    transform: FlagValue.choice(SummationOrder.self))
  var order: SummationOrder?

  @Flag(help: "The same as --order fast.") var anyOrder = false

  @Flag(help: "Measure shapes again that have a verdict, and CLBlast's parameters.") var again =
    false

  @Flag(help: "Print one JSON object a line: CLBlast's parameters, then one line a shape.")
  var json = false

  func run() throws {
    Signals.catchStops()
    if anyOrder && order == .exact {
      throw UsageError("--any-order and --order exact do not go together")
    }
    let choice = try Device.choose(device)
    guard let tuning = Tuning(choice) else {
      Console.error("the CPU backend needs no tuning (\(choice.reason))")
      return
    }
    if !json {
      Console.error("device  \(choice.info.name) (\(choice.info.platform)); \(choice.reason)")
    }
    try tuning.checkWritable()
    if let problem = tuning.problem { Console.error("warning: \(problem)") }
    var shapes: [GemmShape] = []
    for workload in Workload.all where work?.contains(workload.name) ?? true {
      let more = try Tuning.shapes(of: workload.configuration, data: workload.images())
      shapes += more.filter { !shapes.contains($0) }
    }
    let wanted = again ? shapes : tuning.unmeasured(shapes)
    if !json && wanted.count < shapes.count {
      Console.error(
        "\(shapes.count - wanted.count) of \(shapes.count) shapes have a verdict; --again measures "
          + "them again")
    }
    var isFirst = true
    try tuning.run(
      wanted, quick: quick, anyOrder: anyOrder || order != .exact && choice.info.type != .cpu,
      again: again, stop: { Signals.received != nil },
      onCLBlast: { finding in
        let report = CLBlastReport(finding: finding)
        try Console.print(json ? report.json : report.line)
        for refusal in finding.refusals { Console.error("refused  \(refusal)") }
      },
      onFinding: { finding in
        if !json && isFirst { try Console.print(TuneReport.head) }
        isFirst = false
        let report = TuneReport(finding: finding)
        try Console.print(json ? report.json : report.line)
        for refusal in finding.refusals { Console.error("refused  \(finding.shape): \(refusal)") }
      })
    if let signal = Signals.received {
      throw Interruption(signal: signal, description: "interrupted; the verdicts so far are kept")
    }
    if !json, let path = tuning.path { Console.error("verdicts \(path)") }
  }
}

/// CLBlast's parameters.
struct CLBlastReport {
  let finding: Tuning.CLBlastFinding

  var line: String {
    func number(_ value: Double?) -> String { value.map { Formatting.decimal($0, 1) } ?? "-" }
    return "CLBlast  \(finding.parameters): \(number(finding.gflops)) GFLOP/s, stock "
      + "\(number(finding.stockGflops)) (geometric mean of \(finding.shapeCount) products)"
  }

  var json: String {
    JSONValue.object([
      .text("clblast", finding.parameters), .number("gflops", finding.gflops),
      .number("stock_gflops", finding.stockGflops), .integer("products", finding.shapeCount),
      .integer("refused", finding.refusals.count),
    ]).text
  }
}

/// The finding of one shape.
struct TuneReport {
  let finding: Tuning.Finding

  static let head = row(["product", "winner", "GFLOP/s", "CLBlast"])

  var line: String {
    Self.row([
      finding.shape, finding.winner, Formatting.decimal(finding.gflops, 1),
      finding.clblastGflops.map { Formatting.decimal($0, 1) } ?? "-",
    ])
  }

  var json: String {
    JSONValue.object([
      .text("product", finding.shape), .text("winner", finding.winner),
      .number("gflops", finding.gflops), .number("clblast_gflops", finding.clblastGflops),
      .integer("refused", finding.refusals.count),
    ]).text
  }

  private static func row(_ cells: [String]) -> String {
    let left = [22, 34]
    return cells.enumerated().map { index, cell in
      let width = index < left.count ? left[index] : 9
      let padding = String(repeating: " ", count: max(0, width - cell.count))
      return index < left.count ? cell + padding : padding + cell
    }.joined()
  }
}
