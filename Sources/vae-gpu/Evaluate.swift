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
      Grey pixels under a Bernoulli likelihood make a loss (bound "loss"), not a likelihood.
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

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let opened = try OpenedRun(directory, checkpoint: checkpoint ?? .last, device: device)
    let whole = try opened.images(images)
    let set = limit.map { whole.first($0) } ?? whole
    let evaluation = try opened.vae.evaluate(
      set, binarization: binarize ?? opened.configuration.binarization, samples: samples ?? 10,
      seed: seed ?? opened.configuration.seed)
    let report = EvaluationReport(
      evaluation: evaluation, opened: opened, data: set.name, split: set.split.rawValue,
      logSigma: try opened.vae.namedWeights().first { $0.name == "likelihood.log_sigma" }?
        .values.first)
    if json {
      try Console.print(report.json)
    } else {
      for line in report.lines { try Console.print(line) }
    }
  }
}

/// An evaluation as text and as JSON.
struct EvaluationReport {
  let evaluation: Evaluation
  let opened: OpenedRun
  let data: String
  let split: String
  let logSigma: Float?

  var json: String {
    JSONValue.object([
      .number("elbo", evaluation.elbo), .number("log_likelihood", evaluation.logLikelihood),
      .number("kl", evaluation.kl), .number("stderr", evaluation.standardError),
      .number("iwae", evaluation.iwae), .number("iwae_stderr", evaluation.iwaeStandardError),
      .number("bits_per_dim", evaluation.bitsPerDimension),
      .text("bound", evaluation.bound), .text("binarization", evaluation.binarization),
      .integer("images", evaluation.images), .integer("samples", evaluation.samples),
      .text("split", split), .text("data", data),
      .init("kl_per_latent", .array(evaluation.klPerLatent.map { JSONValue($0) })),
      .integer("active_latents", evaluation.activeLatents),
      .integer("active_units", evaluation.activeUnits),
      .number("beta", opened.configuration.beta), .number("log_sigma", logSigma.map(Double.init)),
      .number("seconds", evaluation.seconds), .text("run", opened.run.path),
      .integer("step", opened.step), .text("checkpoint", opened.checkpoint),
      .text("device", opened.vae.device.info.name),
    ]).text
  }

  var lines: [String] {
    let latents = evaluation.klPerLatent.count
    let isLoss = evaluation.bound == "loss"
    var rows = [
      ["run", "\(opened.summary) (\(opened.checkpoint))"],
      ["data", "\(data) \(split), \(evaluation.images) images"],
      ["pixels", Formatting.binarization(evaluation.binarization)],
      ["device", opened.vae.device.info.name], [""],
      [
        isLoss ? "loss (soft targets)" : "ELBO",
        Formatting.decimal(isLoss ? -evaluation.elbo : evaluation.elbo, 3)
          + " ± \(Formatting.decimal(evaluation.standardError, 3)) nats/image, \(draws)",
      ],
      [
        isLoss ? "  cross-entropy" : "  log-likelihood",
        Formatting.decimal(isLoss ? -evaluation.logLikelihood : evaluation.logLikelihood, 3),
      ],
      ["  KL", Formatting.decimal(evaluation.kl, 3)],
      [
        "IWAE-\(evaluation.samples)" + (isLoss ? " (soft targets)" : ""),
        Formatting.decimal(isLoss ? -evaluation.iwae : evaluation.iwae, 3)
          + " ± \(Formatting.decimal(evaluation.iwaeStandardError, 3))",
      ],
      ["bound", isLoss ? "loss: no bound on a likelihood" : "ELBO: a lower bound on ln p(x)"],
    ]
    if let bits = evaluation.bitsPerDimension {
      rows.append(["bits/dimension", Formatting.decimal(bits, 4) + " (by the IWAE bound)"])
    }
    if let logSigma {
      rows.append(["sigma", Formatting.decimal(exp(Double(logSigma)), 4) + " (learned)"])
    }
    rows.append([
      "active latents", "\(evaluation.activeLatents) of \(latents) (KL above 0.01 nats)",
    ])
    rows.append([
      "active units", "\(evaluation.activeUnits) of \(latents) (means vary by more than 0.01)",
    ])
    return Formatting.table(rows) + ["KL per latent, largest first (latent: nats)"] + klLines
  }

  private var draws: String {
    evaluation.samples == 1
      ? "1 draw per image, error over images" : "\(evaluation.samples) draws per image"
  }

  private var klLines: [String] {
    let sorted = evaluation.klPerLatent.enumerated().sorted { $0.element > $1.element }
    let cells = sorted.map { String(format: "%4d: %-8.3f", $0.offset, $0.element) }
    return stride(from: 0, to: cells.count, by: 6).map { start in
      "  " + cells[start..<min(start + 6, cells.count)].joined(separator: " ")
    }
  }
}
