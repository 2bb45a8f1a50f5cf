import Datasets
import FileFormats
import Foundation
import VAEGPU

/// What `train` shows on stderr: a bar that is redrawn on a terminal, plain lines elsewhere, or nothing.
final class TrainingDisplay {
  private let quiet: Bool
  private let isTerminal: Bool
  private let settings: RunConfiguration
  private var meter: ImageMeter
  private var figure = ""
  private var epochStarted = monotonicSeconds()

  init(quiet: Bool, settings: RunConfiguration, batches: Batches) {
    self.quiet = quiet
    self.settings = settings
    isTerminal = !quiet && Console.isTerminal
    meter = ImageMeter(settings, batches: batches)
  }

  /// Training images per second of this process, evaluations left out.
  var imagesPerSecond: Double? { meter.imagesPerSecond }

  /// Device, data and model.
  func introduce(_ vae: VAE, choice: Device.Choice, data: ImageDataset) {
    let info = vae.device.info
    let what = info.index == nil ? "CPU backend, \(info.computeUnits) threads" : info.platform
    line("device  \(info.name) (\(what)); \(choice.reason)")
    line(
      "data    \(data.name): \(data.train.count) training"
        + (data.validation.map { ", \($0.count) validation" } ?? "")
        + " and \(data.test.count) test images of "
        + "\(vae.configuration.image), "
        + Formatting.binarization(
          settings.binarization == .none && settings.likelihood == "bernoulli"
            ? "soft" : settings.binarization.rawValue))
    line("model   \(modelText); \(vae.layout.parameterCount) parameters")
  }

  func begin(
    _ trainer: Trainer, choice: Device.Choice, data: ImageDataset, run: RunDirectory,
    isResumed: Bool
  ) {
    introduce(trainer.vae, choice: choice, data: data)
    let progress = trainer.progress
    line(
      "run     \(run.path)"
        + (isResumed
          ? ", from step \(progress.step), epoch "
            + "\(min(progress.epoch + 1, settings.epochs))" : ""))
    meter.start(at: progress)
    epochStarted = monotonicSeconds()
  }

  func show(_ event: TrainingEvent) {
    switch event {
    case .progress(let progress):
      meter.advance(to: progress)
      redraw(progress)
    case .interval(let metrics):
      meter.note(metrics)
      figure = Formatting.bound(metrics.elbo, metrics.bound)
      guard !isTerminal else { return }
      line(
        "step \(metrics.step)  epoch \(metrics.epoch)/\(settings.epochs)  "
          + "\(Formatting.figure(metrics))  \(Int(metrics.imagesPerSecond)) images/s")
    case .evaluated(let metrics, let isBest):
      let seconds = Formatting.decimal(monotonicSeconds() - epochStarted, 1)
      line(
        "epoch \(metrics.epoch)/\(settings.epochs)  \(metrics.split) \(Formatting.figure(metrics))"
          + (isBest ? ", best so far" : "") + "  \(seconds) s")
      epochStarted = monotonicSeconds()
      meter.pause()
    case .saved: break
    }
  }

  func sayComplete(_ progress: TrainingProgress, end: TrainingEnd, run: RunDirectory) {
    let why = end == .stoppedEarly ? "has stopped early" : "is complete"
    let flag =
      end == .stoppedEarly ? "--patience" : settings.maxSteps == nil ? "--epochs" : "--max-steps"
    line(
      "the run \(why) at step \(progress.step), epoch \(progress.epoch); a larger \(flag) goes on")
  }

  func finish(
    _ evaluation: Evaluation, collapse: CollapseReport?, run: RunDirectory, epochs: Int
  ) {
    clear()
    let path = ShellWord.path(run.path)
    line("")
    line("test    \(Formatting.figure(evaluation))")
    let draws = evaluation.samples == 1 ? "" : ", \(evaluation.samples) draws each"
    line(
      "        \(evaluation.images) images\(draws), "
        + Formatting.binarization(evaluation.binarization))
    if let collapse {
      line(
        "latents \(collapse.active) of \(collapse.latents) active (KL above 0.01 nats)"
          + (collapse.predicted.map { "; linear theory predicts \($0)" } ?? ""))
      if let advice = collapse.advice { line("advice  \(advice)") }
    }
    line("files   \(run.path)/: config.toml, metrics.jsonl, samples.png, reconstructions.png,")
    line("        checkpoints/last.safetensors, checkpoints/best.safetensors")
    line("next    vae-gpu evaluate \(path)")
    line("        vae-gpu sample \(path) -n 64 -o samples.png")
    line("        vae-gpu reconstruct \(path) -o reconstructions.png")
    if evaluation.images > 1 {
      line("        vae-gpu interpolate \(path) -o interpolation.png")
    }
    line("        vae-gpu grid \(path) -o grid.png")
    if !ModelRegistry.isLinear(settings.model) {
      line("        vae-gpu train --resume \(path) --epochs \(2 * epochs)")
    }
  }

  /// Takes the bar away.
  func clear() {
    if isTerminal { Console.draw("\r\u{1B}[K") }
  }

  private var modelText: String {
    let hidden = settings.hidden.map(String.init)
    let channels = settings.model == "conv" ? settings.convolution.channels.map(String.init) : []
    let layers = channels + hidden
    let widths = layers + ["\(settings.latent)"] + layers.reversed()
    func text(_ setting: LikelihoodSetting, _ text: String) -> String {
      LikelihoodRegistry.names(taking: setting).contains(settings.likelihood) ? text : ""
    }
    let likelihood =
      settings.likelihood + text(.sigma, ", sigma \(settings.sigma)")
      + text(.levels, " of \(settings.levels) levels")
      + text(.components, " of \(settings.components) components")
    if ModelRegistry.isLinear(settings.model) {
      return "\(settings.model) of \(settings.latent) latents, \(settings.fit.rawValue) fit"
        + (settings.missing > 0 ? ", \(settings.missing) of the training pixels hidden" : "")
    }
    return "\(settings.model) \(widths.joined(separator: "-")), "
      + "\(settings.layer == .gated ? "gated" : settings.activation.rawValue), "
      + likelihood + objectiveText + (settings.beta == 1 ? "" : ", beta \(settings.beta)")
      + (settings.betaSchedule == .constant
        ? "" : ", \(settings.betaSchedule) warm-up over \(settings.warmup) epochs")
      + (settings.precision == .fp32 ? "" : ", \(settings.precision.rawValue) matrix products")
  }

  private var objectiveText: String {
    let objective = settings.objective
    let details =
      (objective.samples == 1 ? "" : " of \(objective.samples) draws")
      + (objective.name == "miwae" ? " in \(objective.groups) groups" : "")
      + (objective.name == "ciwae" ? " with \(objective.mixing) of the ELBO" : "")
      + (objective.kl == .closedForm ? "" : ", Monte-Carlo KL")
    return objective.name == "elbo" && details.isEmpty ? "" : ", \(objective.name)\(details)"
  }

  func line(_ text: String) {
    guard !quiet else { return }
    Console.error((isTerminal ? "\r\u{1B}[K" : "") + text)
  }

  private func redraw(_ progress: TrainingProgress) {
    guard isTerminal else { return }
    let bar = ProgressBar(
      label: "epoch \(progress.epoch + 1)/\(settings.epochs)", fraction: meter.fraction,
      fields: [
        meter.recentImagesPerSecond.map { "\(Int($0)) images/s" } ?? "", figure,
        meter.secondsLeft.map { Formatting.duration($0) + " left" } ?? "",
      ])
    Console.draw("\r" + bar.text(width: Console.width - 1) + "\u{1B}[K")
  }
}
