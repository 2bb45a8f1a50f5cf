import ArgumentParser
import FileFormats
import VAEGPU

struct Grid: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The plane of two latents: E[x|z] over an even grid of prior probabilities.",
    usage: "vae-gpu grid <run> --output <file> [options]",
    discussion: """
      Latents go through the inverse normal CDF of even probabilities, the others are 0; the first \
      runs along the columns, the second up the rows. Without --latents: the only two, or the two \
      with the largest KL on the test images (of an auto-encoder, whose means vary most). With one latent there is one row. An .npy is float32 \
      [rows, columns, height, width], with channels behind.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Images of a row and of a column (default: 20).", valueName: "n"),
    transform: FlagValue.integer(1...100))
  var side: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The latents, counted from 0, such as 3,7.", valueName: "i,j"),
    transform: FlagValue.latents)
  var latents: [Int]?

  @Option(
    help: "The data set that latents are chosen by (default: the run's).", transform: FlagValue.path
  )
  var data: String?

  @OptionGroup var device: DeviceOptions

  func run() throws {
    let file = try OutputFile(output.output)
    let opened = try OpenedRun(directory, device: device)
    let (chosen, reason) = try chooseLatents(opened)
    let side = side ?? 20
    let m = opened.vae.configuration.latent
    let rows = chosen.count == 2 ? side : 1
    let points: [Float]
    if chosen.count == 2 {
      points = try LatentPaths.plane(side: side, first: chosen[0], second: chosen[1], latents: m)
    } else {
      // One row of the plane: rows repeat where both latents are one.
      points = Array(
        try LatentPaths.plane(side: side, first: chosen[0], second: chosen[0], latents: m)
          .prefix(side * m))
    }
    try file.write(
      try opened.vae.decode(points), leading: [rows, side], columns: side, by: opened)
    let names = chosen.map(String.init).joined(separator: " and ")
    output.say(
      "wrote \(file.path): \(rows) x \(side) images over latent \(names) (\(reason)) of "
        + opened.summary)
  }

  private func chooseLatents(_ opened: OpenedRun) throws -> ([Int], String) {
    let m = opened.vae.configuration.latent
    if let latents {
      guard let worst = latents.max(), worst < m else {
        throw UsageError(
          "--latents \(latents.map(String.init).joined(separator: ",")): the model has "
            + "\(m) latents, counted 0 ... \(m - 1)")
      }
      return (latents, "--latents")
    }
    if m <= 2 { return (Array(0..<m), m == 1 ? "the only one" : "the only two") }
    var options = ImageOptions()
    options.data = data
    options.split = .test
    let set = try opened.images(options)
    // The log-variances of an auto-encoder were never trained, so its KL says nothing.
    let takesMeans = opened.configuration.takesMeans
    let evaluation = try opened.vae.evaluate(
      set, binarization: opened.configuration.binarization, samples: 1,
      seed: opened.configuration.seed, takesMeans: takesMeans, mutualInformation: .none)
    let ranks = takesMeans ? evaluation.meanVariances : evaluation.klPerLatent
    let sorted = ranks.enumerated().sorted { $0.element > $1.element }
    return (
      sorted.prefix(2).map(\.offset), takesMeans ? "whose means vary most" : "the largest KL"
    )
  }
}
