import ArgumentParser
import FileFormats
import VAEGPU

struct Reconstruct: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Images and what the model makes of them: E[x|z], z from q(z|x).",
    usage: "vae-gpu reconstruct <run> --output <file> [options]",
    discussion: """
      A .png has rows of originals above rows of reconstructions; an .npy has the reconstructions, \
      float32 [n, height, width], with channels behind. The encoder gets grey images, or static ones for a run with static \
      binarisation.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @Flag(help: "Take the posterior's mean instead of a draw.") var mean = false

  @Option(
    name: [.customShort("n"), .customLong("count")], parsing: .unconditional,
    help: ArgumentHelp(
      "The first images of the split (default: 30 for .png, all for .npy).", valueName: "n"),
    transform: FlagValue.integer(1...OutputFile.arrayLimit))
  var count: Int?

  @OptionGroup var output: OutputOptions
  @OptionGroup var images: ImageOptions
  @OptionGroup var inputs: InputOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of the draws (default: the run's).", valueName: "n"),
    transform: FlagValue.seed)
  var seed: UInt64?

  @OptionGroup var device: DeviceOptions

  func run() throws {
    let file = try OutputFile(output.output)
    if let count { try file.check(count: 2 * count, flag: "-n \(count)") }
    let opened = try OpenedRun(directory, device: device)
    let set = try opened.images(images)
    let used = min(set.count, count ?? (file.kind == .png ? 30 : set.count))
    let originals = try set.inputs(
      0..<used, binarization: inputs.binarization(of: opened.configuration))
    let latents = opened.vae.latents(
      of: try opened.encode(originals), mean: mean || opened.configuration.takesMeans,
      seed: seed ?? opened.configuration.seed)
    let reconstructions = try opened.vae.decode(latents)
    switch file.kind {
    case .png:
      try file.checkChannels(opened.vae.configuration.image)
      try opened.checkFinite(reconstructions, "pixels")
      try Pictures.pairs(
        originals: originals, reconstructions: reconstructions, vae: opened.vae,
        columns: max(10, Layout.squareColumns(2 * used))
      ).write(to: file.path)
    case .npy:
      try file.write(reconstructions, leading: [used], columns: 1, by: opened)
    }
    output.say(
      "wrote \(file.path): \(used) reconstructions of \(set.name) \(set.split.rawValue) by "
        + opened.summary)
  }
}
