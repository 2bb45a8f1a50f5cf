import ArgumentParser
import VAEGPU

struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Images from draws of the prior: E[x|z], or x from p(x|z), with z from N(0, I).",
    usage: "vae-gpu sample <run> --output <file> [options]",
    discussion: "A .png is a grid; an .npy is float32 [n, height, width] in [0, 1] for Bernoulli.")

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @Option(
    name: [.customShort("n"), .customLong("count")], parsing: .unconditional,
    help: ArgumentHelp("Images (default: 64).", valueName: "n"),
    transform: FlagValue.integer(1...OutputFile.arrayLimit))
  var count: Int?

  @Flag(
    name: .customLong("draw-pixels"),
    help: "Draw every pixel from p(x|z) instead of taking its mean: what the model really says.")
  var drawsPixels = false

  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of the draws (default: the run's).", valueName: "n"),
    transform: FlagValue.seed)
  var seed: UInt64?

  @OptionGroup var device: DeviceOptions

  func run() throws {
    let file = try OutputFile(output.output)
    let count = count ?? 64
    try file.check(count: count, flag: "-n \(count)")
    let opened = try OpenedRun(directory, device: device)
    let images = try opened.vae.sample(
      count: count, seed: seed ?? opened.configuration.seed, drawsPixels: drawsPixels)
    try file.write(
      images, leading: [count], columns: Layout.squareColumns(count), by: opened)
    output.say("wrote \(file.path): \(count) samples of \(opened.summary)")
  }
}

/// Columns of picture grids.
enum Layout {
  /// About as many columns as rows.
  static func squareColumns(_ count: Int) -> Int {
    max(1, Int(Double(count).squareRoot().rounded(.up)))
  }
}
