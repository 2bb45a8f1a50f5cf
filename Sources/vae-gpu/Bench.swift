import ArgumentParser
import Datasets
import FileFormats
import Foundation
import VAEGPU

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Training speed of named workloads, after a check of the results.",
    usage: "vae-gpu bench [options]",
    discussion: """
      Whole training steps: gather, forward, backward, Adam. The losses of the first three steps \
      must be those of the float64 CPU reference to 1e-4, or no figure is printed. Figures are the \
      median of the repeats; GFLOP/s counts the matrix products.

      Workloads (28 x 28 sprites, no file needed):
      \(Workload.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))
      """)

  @Option(
    help: ArgumentHelp(
      "A comma list of workloads (default: mlp400,mlp300g,linear,mlp2048).", valueName: "names"),
    transform: { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try FlagValue.name(in: Workload.names)(String($0))
      }
    })
  var work: [String]?

  @OptionGroup var device: DeviceOptions

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

  @Flag(help: "Print one JSON object a line, one line a workload.") var json = false

  func run() throws {
    let names = work ?? ["mlp400", "mlp300g", "linear", "mlp2048"]
    let choice = try Device.choose(device.device)
    let opened = try Device.open(choice: choice, threads: device.threads)
    let images = Workload.images()
    if !json {
      Console.error("device  \(opened.info.name) (\(opened.info.platform)); \(choice.reason)")
      try Console.print(BenchReport.head)
    }
    var failed: [String] = []
    for name in names {
      guard let workload = Workload.all.first(where: { $0.name == name }) else { continue }
      let benchmark = try Benchmark(workload, images: images, device: opened)
      let validation = try benchmark.validate(threads: device.threads)
      guard validation.passed else {
        failed.append("\(name) (relative error \(validation.relativeError))")
        continue
      }
      let report = BenchReport(
        workload: workload, device: opened.info,
        result: try benchmark.measure(steps: steps, repeats: repeats ?? 7))
      try Console.print(json ? report.json : report.line)
    }
    guard failed.isEmpty else {
      throw FoundFailure(
        "the losses on \(opened.info.name) differ from the float64 reference: "
          + "\(failed.joined(separator: ", ")); 'vae-gpu doctor' checks the kernels")
    }
  }
}

/// The figures of one workload.
struct BenchReport {
  let workload: Workload
  let device: DeviceInfo
  let result: Benchmark.Result

  static let head = row(["work", "batch", "images/s", "ms/step", "launches", "GFLOP/s", "spread"])

  var line: String {
    Self.row([
      workload.name, "\(result.batch)", Formatting.decimal(result.imagesPerSecond, 0),
      Formatting.decimal(1000 * result.median, 3), "\(result.launchesPerStep)",
      Formatting.decimal(result.gflops, 1), Formatting.decimal(100 * spread, 1) + "%",
    ])
  }

  var json: String {
    JSONValue.object([
      .text("work", workload.name), .text("device", device.name),
      .text("device_selector", device.selector), .text("driver", device.driver),
      .integer("batch", result.batch), .number("images_per_s", result.imagesPerSecond),
      .number("ms_per_step", 1000 * result.median),
      .integer("launches_per_step", result.launchesPerStep), .number("gflops", result.gflops),
      .integer("repeats", result.secondsPerStep.count), .integer("steps", result.steps),
      .number("images_per_s_min", result.slowest), .number("images_per_s_max", result.fastest),
      .number("spread", spread), .init("validated", .bool(true)),
    ]).text
  }

  /// (fastest - slowest) / median.
  private var spread: Double { (result.fastest - result.slowest) / result.imagesPerSecond }

  private static func row(_ cells: [String]) -> String {
    let widths = [10, 7, 11, 10, 10, 9, 8]
    return zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index == 0 ? cell.0 + padding : padding + cell.0
    }.joined()
  }
}
