import FileFormats
import Foundation
import VAEGPU

/// An evaluation as text and as JSON.
struct EvaluationReport {
  let evaluation: Evaluation
  let opened: OpenedRun
  let data: String
  let split: String
  /// ln scale of the likelihood where the model keeps it: one number, or one for each pixel.
  let logScales: [Float]
  var quadrature: Quadrature?
  var collapse: CollapseReport?
  /// ln p(x) of a linear Gaussian model.
  var exactLogLikelihood: Double?

  var json: String {
    JSONValue.object([
      .number("elbo", evaluation.elbo), .number("log_likelihood", evaluation.logLikelihood),
      .number("kl", evaluation.kl), .number("stderr", evaluation.standardError),
      .number("iwae", isReconstruction ? nil : evaluation.iwae),
      .number("iwae_stderr", isReconstruction ? nil : evaluation.iwaeStandardError),
      .number("bits_per_dim", evaluation.bitsPerDimension),
      .text("bound", evaluation.bound), .text("binarization", evaluation.binarization),
      .integer("images", evaluation.images), .integer("samples", evaluation.samples),
      .text("split", split), .text("data", data),
      .init("kl_per_latent", .array(evaluation.klPerLatent.map { JSONValue($0) })),
      .integer("active_latents", evaluation.activeLatents),
      .integer("active_units", evaluation.activeUnits),
      .number("predicted_active", collapse?.predicted.map(Double.init)),
      .init("advice", collapse?.advice.map { .string($0) } ?? .null),
      .number("reconstruction_mse", evaluation.details?.meanSquaredError),
      .number("mutual_information", evaluation.details?.mutualInformation),
      .number("mutual_information_stderr", evaluation.details?.marginalKLStandardError),
      .init(
        "mutual_information_images",
        information.map { .number("\($0.mutualInformationImages)") } ?? .null),
      .number("marginal_kl", evaluation.details?.marginalKL),
      .number("marginal_kl_stderr", evaluation.details?.marginalKLStandardError),
      .number("exact_log_likelihood", exactLogLikelihood),
      .number("quadrature", quadrature?.logLikelihood),
      .number("quadrature_error", quadrature?.error),
      .number("beta", opened.configuration.beta), .number("log_sigma", scale?.shared),
      .number("log_sigma_mean", scale?.mean), .number("log_sigma_min", scale?.low),
      .number("log_sigma_max", scale?.high),
      .number("seconds", evaluation.seconds), .text("run", opened.run.path),
      .integer("step", opened.step), .text("checkpoint", opened.checkpoint),
      .text("device", opened.vae.device.info.name),
    ]).text
  }

  /// The details where they have a mutual information.
  private var information: EvaluationDetails? {
    evaluation.details.flatMap { $0.mutualInformationImages > 0 ? $0 : nil }
  }

  private var scale: ScaleFigures? { ScaleFigures(logScales) }

  private var isLoss: Bool { evaluation.bound == "loss" }
  private var isReconstruction: Bool { evaluation.bound == "reconstruction" }

  var lines: [String] {
    let heading = [
      ["run", "\(opened.summary) (\(opened.checkpoint))"],
      ["data", "\(data) \(split), \(evaluation.images) images"],
      ["pixels", Formatting.binarization(evaluation.binarization)],
      ["device", opened.vae.device.info.name], [""],
    ]
    return Formatting.table(heading + figures + rest)
      + (isReconstruction ? [] : ["KL per latent, largest first (latent: nats)"] + klLines)
  }

  private var figures: [[String]] {
    if isReconstruction {
      return [
        [
          "reconstruction",
          decimal(evaluation.logLikelihood) + Formatting.error(evaluation.standardError)
            + " nats/image, ln p(x|z) at the posterior mean",
        ], ["bound", "none: an auto-encoder has no density of x"],
      ]
    }
    return [
      [
        isLoss ? "loss (soft targets)" : "ELBO",
        signed(evaluation.elbo) + Formatting.error(evaluation.standardError)
          + " nats/image, \(draws)",
      ],
      [isLoss ? "  cross-entropy" : "  log-likelihood", signed(evaluation.logLikelihood)],
      ["  KL", decimal(evaluation.kl)],
      [
        "IWAE-\(evaluation.samples)" + (isLoss ? " (soft targets)" : ""),
        signed(evaluation.iwae) + Formatting.error(evaluation.iwaeStandardError),
      ],
      ["bound", isLoss ? "loss: no bound on a likelihood" : "ELBO: a lower bound on ln p(x)"],
    ]
  }

  private var rest: [[String]] {
    let latents = evaluation.klPerLatent.count
    var rows: [[String]] = []
    if let exactLogLikelihood {
      rows.append([
        "ln p(x)", Formatting.decimal(exactLogLikelihood, 4) + ", exactly: a linear Gaussian model",
      ])
    }
    if let quadrature {
      rows.append([
        "quadrature",
        signed(quadrature.logLikelihood) + " ± \(decimal(quadrature.error)) "
          + (isLoss ? "(soft targets), by " : "= ln p(x), by ")
          + "\(quadrature.points) x \(quadrature.points) points",
      ])
    }
    if let bits = evaluation.bitsPerDimension {
      rows.append(["bits/dimension", Formatting.decimal(bits, 4) + " (by the IWAE bound)"])
    }
    if let text = scale?.text(of: opened.configuration.sigma) {
      rows.append(["sigma", text])
    } else if opened.configuration.sigma == .predicted {
      rows.append(["sigma", "predicted by the decoder, for each pixel of each image"])
    }
    if let details = evaluation.details {
      rows.append([
        "squared error",
        Formatting.decimal(details.meanSquaredError, 5) + " per pixel, by the posterior mean",
      ])
      if details.marginalKL.isFinite {
        rows.append([
          "KL =",
          "\(small(details.mutualInformation)) mutual information + "
            + "\(small(details.marginalKL)) marginal KL" + informationError(details),
        ])
      }
    }
    if !isReconstruction {
      rows.append([
        "active latents", "\(evaluation.activeLatents) of \(latents) (KL above 0.01 nats)",
      ])
    }
    rows.append([
      "active units", "\(evaluation.activeUnits) of \(latents) (means vary by more than 0.01)",
    ])
    if let collapse {
      for line in collapse.lines { rows.append(line) }
    }
    return rows
  }

  private func decimal(_ value: Double) -> String { Formatting.decimal(value, 3) }
  /// The parts of a KL that may be small.
  private func small(_ value: Double) -> String {
    Formatting.decimal(value, evaluation.kl < 1 ? 5 : 3)
  }

  private func informationError(_ details: EvaluationDetails) -> String {
    let error = details.marginalKLStandardError
    let used = details.mutualInformationImages
    let part = used < evaluation.images ? "by draws of \(used) images" : ""
    let parts = [error.isFinite ? "± \(small(error))" : "", part].filter { !$0.isEmpty }
    return parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
  }

  /// A bound as it is, a loss as one.
  private func signed(_ value: Double) -> String { decimal(isLoss ? -value : value) }

  private var draws: String {
    guard evaluation.samples == 1 else { return "\(evaluation.samples) draws per image" }
    return "1 draw per image, " + (evaluation.images == 1 ? "error unknown" : "error over images")
  }

  private var klLines: [String] {
    let sorted = evaluation.klPerLatent.enumerated().sorted { $0.element > $1.element }
    let cells = sorted.map { String(format: "%4d: %-8.3f", $0.offset, $0.element) }
    return stride(from: 0, to: cells.count, by: 6).map { start in
      "  " + cells[start..<min(start + 6, cells.count)].joined(separator: " ")
    }
  }
}

extension CollapseReport {
  /// Rows of a table.
  var lines: [[String]] {
    var rows: [[String]] = []
    if let predicted, let sigma {
      rows.append([
        "predicted",
        "\(predicted) of \(latents) by linear theory (sigma \(Formatting.decimal(sigma, 3)))",
      ])
    }
    if let advice { rows.append(["advice", advice]) }
    return rows
  }
}
