import ArgumentParser
import FileFormats
import Foundation
import VAEGPU

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a run from weights that were trained elsewhere.",
    usage:
      "vae-gpu import <weights> --hidden <widths> --latent <n> --likelihood <likelihood> [options]",
    discussion: """
      The tensors are encoder.N.weight|bias, posterior.weight|bias (2M rows: means, then \
      log-variances), decoder.N.weight|bias, likelihood.weight|bias and likelihood.log_sigma; \
      matrices are [out, in], as PyTorch's nn.Linear, kernels as its nn.Conv2d and \
      nn.ConvTranspose2d (the README lists them).
      """)

  @Argument(help: "The weights: a .safetensors file.", transform: FlagValue.path)
  var weights: String

  @OptionGroup(title: "Model") var model: ModelFlags
  @OptionGroup(title: "Model conv") var convolution: ConvolutionFlags

  @Option(
    help: "The data set of the run (default: fashion-mnist).", transform: FlagValue.path)
  var data: String?

  @Option(
    help: "dynamic, static or none (default: dynamic for a Bernoulli likelihood, else none).",
    transform: FlagValue.choice(Binarization.self))
  var binarize: Binarization?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "HEIGHTxWIDTH[xCHANNELS] (default: that of the data set, or a square).", valueName: "shape"),
    transform: FlagValue.imageShape)
  var imageShape: ImageShape?

  @Option(
    help: ArgumentHelp(
      "The run's directory (default: the next of runs/vae-N).", valueName: "directory"),
    transform: FlagValue.path)
  var out: String?

  @Flag(help: "Print nothing but errors.") var quiet = false

  /// The name in the checkpoint where no data set was looked at.
  private static let noDataset = "imported"

  func run() throws {
    let settings = try checkedSettings()
    try VAE.checkMemory(toRead: weights)
    let file = try SafeTensors.read(weights)
    try WeightFile.checkPrefix(in: file)
    let (image, dataset) = try imageAndDataset(settings, file: file)
    let model = settings.modelConfiguration(image: image)
    try RunConfiguration.check(model)
    let layout = ModelRegistry.make(model).layout
    let values = try WeightFile.values(of: layout, in: file)
    let checkpoint = Checkpoint(weights: values, settings: settings, dataset: dataset)
    let existed = out.map { FileManager.default.fileExists(atPath: $0) } ?? false
    let run = try RunDirectory.create(out)
    do {
      try checkpoint.write(to: run.last, layout: layout)
      try checkpoint.write(to: run.best, layout: layout)
      // It makes a run of the directory, which must have its weights then.
      try AtomicFile.write(settings.toml, to: run.configuration)
    } catch {
      for path in [run.configuration, run.last, run.best] { unlink(path) }
      if !existed { run.removeIfEmpty() }
      throw error
    }
    guard !quiet else { return }
    let hasData = !dataset.hasPrefix(Self.noDataset)
    let path = ShellWord.path(run.path)
    let next = hasData ? "evaluate \(path)" : "sample \(path) -o samples.png"
    Console.error(
      "wrote \(run.path): \(layout.parameterCount) parameters for images of \(image); "
        + "next: vae-gpu \(next)")
  }

  private func checkedSettings() throws -> RunConfiguration {
    let required: [(String, Bool)] = [
      (
        "--hidden",
        model.hidden != nil || model.model.flatMap { ModelRegistry.implied($0).hidden } != nil
      ),
      ("--latent", model.latent != nil),
      (
        "--likelihood",
        model.likelihood != nil
          || model.model.flatMap { ModelRegistry.implied($0).likelihood } != nil
      ),
    ]
    for (flag, isGiven) in required where !isGiven {
      throw UsageError("\(flag) is missing: it says what model the weights are of")
    }
    let flags = [
      Setting("data", data, \.data), Setting("binarize", binarize, optional: \.binarize),
    ]
    var settings = try RunConfiguration().applying(
      model.settings + convolution.settings + flags.compactMap { $0 }, file: nil)
    try model.check(settings)
    try convolution.check(settings)
    for (flag, isGiven) in [
      ("--init", model.initialisation != nil), ("--output-bias", model.outputBias != nil),
    ] where isGiven {
      throw UsageError("\(flag): imported weights are what they are; leave it out")
    }
    settings.data = DataLocation.resolved(settings.data)
    return settings
  }

  /// The size of images by --image-shape, the data set or the weights, and the name for the checkpoint. The data set
  /// need not be there.
  private func imageAndDataset(
    _ settings: RunConfiguration, file: SafeTensors
  ) throws -> (ImageShape, String) {
    // The last dense layer has the numbers that the likelihood takes of each pixel; one of convolutions tells no size.
    let isDense = ModelRegistry.isDense(settings.model)
    let heads = LikelihoodRegistry.make(
      settings.modelConfiguration(image: ImageShape(height: 1, width: 1))
    ).distribution.heads
    let pixels =
      isDense
      ? file.shape(of: "likelihood.bias").map { $0.reduce(1, { $0 &* $1 }) / heads } : nil
    let side = pixels.map { Int(Double($0).squareRoot().rounded()) } ?? 0
    let square =
      pixels == side &* side && (1...65_536).contains(side)
      ? ImageShape(height: side, width: side) : nil
    if let set = try dataSet(isNeeded: imageShape == nil && square == nil) {
      let shape = ImageShape(height: set.height, width: set.width, channels: set.channels)
      if shape == imageShape ?? shape, data != nil || !isDense || shape.count == pixels {
        return (shape, Checkpoint.dataset(set.name, count: set.count, image: shape))
      }
      if let imageShape, data != nil {
        throw FileError(
          .mismatch, path: settings.data,
          problem: "its images are \(shape), and --image-shape is \(imageShape)")
      }
    }
    // Throws for a file without that tensor, and names those that it has.
    if isDense && pixels == nil { _ = try file.floats(named: "likelihood.bias") }
    guard let image = imageShape ?? square else {
      throw FileError(
        .mismatch, path: weights,
        problem: pixels.map { "it is for images of \($0) pixels, which is no square" }
          ?? "does not tell the size of its images",
        advice: "give their size with --image-shape HEIGHTxWIDTH")
    }
    return (image, Checkpoint.dataset(Self.noDataset, count: 0, image: image))
  }

  /// The training images of --data, or of the default; nil where they are not there and not needed.
  private func dataSet(isNeeded: Bool) throws -> ImageSet? {
    do {
      return try DatasetLoader.load(data ?? RunConfiguration().data, split: .train)
    } catch {
      if isNeeded && data != nil { throw error }
      if data != nil, !quiet {
        Console.error("note: \(error); the size of images is taken from the weights")
      }
      return nil
    }
  }
}
