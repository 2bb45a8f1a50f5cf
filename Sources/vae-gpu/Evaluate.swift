import ArgumentParser
import FileFormats
import Foundation
import VAEGPU

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The ELBO of a whole split with its parts, the IWAE bound, KL per latent and errors.",
    usage: "vae-gpu evaluate <run> [options]",
    discussion: """
      Nats per image: summed over pixels and latents, averaged over images and draws. The standard \
      error is that of the draws, the images taken as given; with one draw it is that over images. \
      An image is binarised once for all its draws. The IWAE bound ln 1/K sum p(x,z)/q(z|x) is of the \
      same K draws; bits per dimension are -IWAE / (pixels ln 2), where pixels are binary or levels. \
      Grey pixels under a Bernoulli likelihood make a loss (bound "loss"), not a likelihood. An \
      auto-encoder has no noise: its figure is ln p(x|z) at the posterior mean (bound \
      "reconstruction"). The mutual information is that of x and z over the images of the split, at \
      most ln of their number and the KL; KL = mutual information + marginal KL, which is that of the \
      aggregate posterior and the prior. It compares every draw with every image; on large sets the \
      draws are those of some images, unless --mutual-information says otherwise.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: FlagValue.path)
  var directory: String

  @OptionGroup var images: ImageOptions
  @OptionGroup var device: DeviceOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Noise draws per image, K of the IWAE bound (default: 10).", valueName: "k"),
    transform: FlagValue.integer(1...1_000_000))
  var samples: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only the first n images of the split.", valueName: "n"),
    transform: FlagValue.integer(1...Int(Int32.max)))
  var limit: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of the noise (default: the run's).", valueName: "n"),
    transform: FlagValue.seed)
  var seed: UInt64?

  @Option(
    help: "dynamic, static or none (default: the run's).",
    transform: FlagValue.choice(Binarization.self))
  var binarize: Binarization?

  @Option(
    help: ArgumentHelp("last or best (default: last).", valueName: "which"),
    transform: FlagValue.choice(OpenedRun.Source.self))
  var checkpoint: OpenedRun.Source?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Also ln p(x) of a model with two latents by quadrature on n by n points, such as 400; an image takes some 0.2 s: add --limit.",
      valueName: "n"),
    transform: FlagValue.integer(4...4096))
  var quadrature: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Images whose draws give the mutual information: all, a number, or none (default: as many as take a few seconds).",
      valueName: "images"),
    transform: FlagValue.mutualInformation)
  var mutualInformation: MutualInformationImages?

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    Signals.catchStops()
    let opened = try OpenedRun(directory, checkpoint: checkpoint ?? .last, device: device)
    let latents = opened.configuration.latent
    if let quadrature, latents != 2 || opened.configuration.takesMeans {
      throw UsageError(
        "--quadrature \(quadrature): is for models with two latents and noise, and \(directory) has "
          + (latents == 2 ? "no noise" : "\(latents) latents") + "; leave it out")
    }
    if let mutualInformation, mutualInformation != .none, opened.configuration.takesMeans {
      throw UsageError(
        "--mutual-information: \(directory) is an auto-encoder, whose z has no noise; leave it out")
    }
    let whole = try opened.images(images)
    let set = limit.map { whole.first($0) } ?? whole
    let binarization = binarize ?? opened.configuration.binarization
    let seed = seed ?? opened.configuration.seed
    var report = EvaluationReport(
      evaluation: try following("evaluation") { bar in
        try opened.vae.evaluate(
          set, binarization: binarization, samples: samples ?? 10, seed: seed,
          takesMeans: opened.configuration.takesMeans,
          mutualInformation: mutualInformation ?? .automatic, progress: bar,
          stop: { Signals.received != nil })
      }, opened: opened, data: set.name, split: set.split.rawValue,
      logScales: try opened.vae.logScales())
    if !opened.configuration.takesMeans {
      report.collapse = try CollapseReport(
        report.evaluation, of: opened.vae, opened.configuration, images: whole)
    }
    if binarization == .none && !opened.configuration.takesMeans {
      report.exactLogLikelihood = try opened.vae.exactLogLikelihood(set)
    }
    if let quadrature {
      report.quadrature = try following("quadrature") { bar in
        try opened.vae.quadrature(
          set, binarization: binarization, points: quadrature, seed: seed, progress: bar,
          stop: { Signals.received != nil })
      }
    }
    if json {
      try Console.print(report.json)
    } else {
      for line in report.lines { try Console.print(line) }
    }
    guard report.evaluation.elbo.isFinite else {
      throw FoundFailure(
        "\(opened.checkpoint): the model gives no finite log-likelihood; its weights are too large or "
          + "not those of this model")
    }
  }

  /// Shows a bar on a terminal while something takes its time; a signal ends it.
  private func following<T>(
    _ label: String, _ body: ((Double) -> Void) throws -> T
  ) throws -> T {
    let bar = WaitingBar(label)
    defer { bar.clear() }
    do {
      return try body { bar.show($0) }
    } catch is CancellationError {
      guard let signal = Signals.received else { throw CancellationError() }
      throw Interruption(signal: signal, description: "interrupted; nothing was written")
    }
  }
}
