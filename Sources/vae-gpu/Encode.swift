import ArgumentParser
import FileFormats
import VAEGPU

struct Encode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The posteriors of images: a row per image, M means, then M log-variances.",
    usage: "vae-gpu encode <run> --output <file> [options]",
    discussion: """
      The .npy is float32 [n, 2M], in the order of the split. The log-variances of an auto-encoder \
      were never trained and mean nothing.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @Option(
    name: [.customShort("n"), .customLong("count")], parsing: .unconditional,
    help: ArgumentHelp("The first images of the split (default: all).", valueName: "n"),
    transform: FlagValue.integer(1...Int.max))
  var count: Int?

  @OptionGroup var output: ArrayOutputOptions
  @OptionGroup var images: ImageOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var device: DeviceOptions

  func run() throws {
    let file = try OutputFile(output.output, allowing: [.npy])
    let opened = try OpenedRun(directory, device: device)
    let set = try opened.images(images)
    let used = min(set.count, count ?? set.count)
    let binarization = inputs.binarization(of: opened.configuration)
    var posteriors: [Float] = []
    for start in stride(from: 0, to: used, by: 4096) {
      let range = start..<min(used, start + 4096)
      posteriors += try opened.encode(set.inputs(range, binarization: binarization))
    }
    let columns = 2 * opened.vae.configuration.latent
    try NPY.write(shape: [used, columns], values: posteriors, to: file.path)
    output.say(
      "wrote \(file.path): posteriors of \(used) images of \(set.name) \(set.split.rawValue), "
        + "\(columns) columns, by \(opened.summary)"
        + (opened.configuration.takesMeans
          ? "; the log-variances of an auto-encoder are not trained" : ""))
  }
}
