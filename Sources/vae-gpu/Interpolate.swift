import ArgumentParser
import Compute
import FileFormats
import VAEGPU

struct Interpolate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rows between pairs of images, through the latent space.",
    usage: "vae-gpu interpolate <run> --output <file> [options]",
    discussion: """
      A row starts and ends with two images of the split; between them are E[x|z] for points from \
      one posterior mean a to the other b, both ends included, at t = 0 ... 1. Linear: \
      z = (1 - t) a + t b. Spherical: the direction turns evenly by the angle w between a and b and \
      the length changes linearly, z = ((1 - t) |a| + t |b|) (sin((1 - t) w) a/|a| + sin(t w) \
      b/|b|) / sin w. An .npy is float32 [pairs, steps + 2, height, width], with channels behind.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Rows (default: 8).", valueName: "n"),
    transform: FlagValue.integer(1...1000))
  var pairs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decoded points of a row (default: 10).", valueName: "n"),
    transform: FlagValue.integer(1...1000))
  var steps: Int?

  @Option(
    help: ArgumentHelp("linear or spherical (default: linear).", valueName: "kind"),
    transform: FlagValue.choice(LatentPaths.Kind.self))
  var path: LatentPaths.Kind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Chooses the pairs (default: the run's).", valueName: "n"),
    transform: FlagValue.seed)
  var seed: UInt64?

  @OptionGroup var images: ImageOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var device: DeviceOptions

  func run() throws {
    let file = try OutputFile(output.output)
    let steps = steps ?? 10
    try file.check(
      count: (pairs ?? 8) * (steps + 2), flag: "--pairs \(pairs ?? 8) --steps \(steps)")
    let opened = try OpenedRun(directory, device: device)
    let set = try opened.images(images)
    if let pairs, 2 * pairs > set.count {
      throw UsageError(
        "--pairs \(pairs): they need \(2 * pairs) images, and \(set.name) "
          + "\(set.split.rawValue) has \(set.count)")
    }
    guard set.count >= 2 else {
      throw FileError(.mismatch, path: set.name, problem: "has one image, and a pair needs two")
    }
    let rows = pairs ?? min(8, set.count / 2)
    let grid = try rowsOfImages(rows, steps: steps, opened: opened, set: set)
    try file.write(grid, leading: [rows, steps + 2], columns: steps + 2, by: opened)
    output.say(
      "wrote \(file.path): \(rows) rows of \(steps) steps, \(path?.rawValue ?? "linear"), "
        + "between images of \(set.name) \(set.split.rawValue) by \(opened.summary)")
  }

  private func rowsOfImages(
    _ rows: Int, steps: Int, opened: OpenedRun, set: ImageSet
  ) throws -> [Float] {
    let philox = Philox(seed: seed ?? opened.configuration.seed, purpose: .shuffle)
    let chosen = philox.permutation(count: set.count).prefix(2 * rows).map { Int($0) }
    let binarization = inputs.binarization(of: opened.configuration)
    let (m, size) = (opened.vae.configuration.latent, opened.vae.configuration.image.count)
    let originals = try chosen.flatMap { try set.inputs($0..<($0 + 1), binarization: binarization) }
    let posteriors = try opened.encode(originals)
    let means = opened.vae.latents(of: posteriors, mean: true)
    var points: [Float] = []
    for row in 0..<rows {
      let start = 2 * row * m
      let (first, second) = (means[start..<(start + m)], means[(start + m)..<(start + 2 * m)])
      let path = try LatentPaths.between(
        Array(first), Array(second), count: steps, kind: path ?? .linear)
      for point in path { points += point }
    }
    let decoded = try opened.vae.decode(points)
    var grid: [Float] = []
    for row in 0..<rows {
      let start = 2 * row * size
      grid += originals[start..<(start + size)]
      grid += decoded[(row * steps * size)..<((row + 1) * steps * size)]
      grid += originals[(start + size)..<(start + 2 * size)]
    }
    return grid
  }
}
