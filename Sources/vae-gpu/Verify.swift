import ArgumentParser
import FileFormats
import Foundation
import VAEGPU

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold this program against what is known exactly: two minutes.",
    discussion: """
      Gradients against finite differences; the device against the CPU (the CPU against float64); the \
      KL in closed form against Monte-Carlo; IWAE bounds against each other and against quadrature; \
      PPCA by closed form, EM, gradient and as a linear VAE; the number of latents that a fixed sigma \
      lets live. A figure that is not what it must be is a FAIL, exit code 1.
      """)

  @Option(
    help:
      "fashion-mnist, sprites or a directory of IDX files (default: fashion-mnist, else sprites).",
    transform: FlagValue.path)
  var data: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Latents of PPCA and its linear VAE (default: up to 10, by the eigenvalues).", valueName: "n"),
    transform: FlagValue.integer(1...1024))
  var latent: Int?

  @OptionGroup var device: DeviceOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    Signals.catchStops()
    let device = try device.open()
    let hasFashion = FileManager.default.fileExists(atPath: DatasetLoader.fashionMNISTDirectory)
    let data = try DatasetLoader.load(data ?? (hasFashion ? "fashion-mnist" : "sprites"))
    if !json {
      try Console.print(
        "device  \(device.info.name)\ndata    \(data.name), \(data.train.count) training images of "
          + data.train.size)
    }
    var results: [VerificationResult] = []
    do {
      try Verification(
        device: device, data: data, latents: latent, stop: { Signals.received != nil },
        onResult: { result in
          results.append(result)
          if !json { try Console.print(Self.line(result)) }
        }
      ).run()
    } catch is CancellationError {
      throw Interruption(
        signal: Signals.received ?? SIGINT, description: "interrupted; what was shown holds")
    }
    let failures = results.filter { !$0.passed }
    if json {
      try Console.print(
        JSONValue.object([
          .init("ok", .bool(failures.isEmpty)), .text("device", device.info.name),
          .text("data", data.name), .init("checks", .array(results.map(Self.json))),
        ]).text)
    } else {
      try Console.print(
        "\(results.count - failures.count) of \(results.count) figures are what they must be")
    }
    guard failures.isEmpty else {
      throw FoundFailure(
        "\(failures.count) of \(results.count) figures are not what they must be: "
          + failures.map(\.check).joined(separator: "; "))
    }
  }

  /// "ok    PPCA by EM: ln p(x)        314.8061 = 314.8061 ± 1e-04 nats/image".
  private static func line(_ result: VerificationResult) -> String {
    let mark = result.passed ? "ok  " : "FAIL"
    let name = result.check.padding(
      toLength: max(64, result.check.count), withPad: " ", startingAt: 0)
    let tolerance = result.tolerance > 0 ? " ± \(number(result.tolerance, short: true))" : ""
    return "\(mark)  \(name) \(number(result.found)) \(result.relation.rawValue) "
      + "\(number(result.expected))\(tolerance) \(result.unit)"
  }

  private static func number(_ value: Double, short: Bool = false) -> String {
    if value == value.rounded(), abs(value) < 1e6 { return String(format: "%.0f", value) }
    return String(format: short || abs(value) < 0.01 ? "%.2g" : "%.4f", value)
  }

  private static func json(_ result: VerificationResult) -> JSONValue {
    .object([
      .text("check", result.check), .init("passed", .bool(result.passed)),
      .number("found", result.found), .text("relation", result.relation.rawValue),
      .number("expected", result.expected), .number("tolerance", result.tolerance),
      .text("unit", result.unit), .number("seconds", result.seconds),
    ])
  }
}
