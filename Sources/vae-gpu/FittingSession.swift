import Datasets
import FileFormats
import Foundation
import VAEGPU

/// One call of `train` for a model that is fitted: PPCA.
struct FittingSession {
  let configuration: RunConfiguration
  let choice: Device.Choice
  let data: ImageDataset
  let display: TrainingDisplay

  /// A new run; nothing of it stays behind if it cannot begin or is stopped.
  func start(_ out: String?) throws -> TrainingResult {
    let existed = out.map { FileManager.default.fileExists(atPath: $0) } ?? false
    let run = try RunDirectory.create(out)
    do {
      let result = try fit(in: run)
      if result.status == .interrupted { remove(run, existed: existed) }
      return result
    } catch {
      if !FileManager.default.fileExists(atPath: run.last) { remove(run, existed: existed) }
      throw error
    }
  }

  /// Makes a fit that was cut off anew: it gives the same bytes.
  ///
  /// Throws `UsageError` for one that has all its files.
  func resume(_ run: RunDirectory) throws -> TrainingResult {
    let files = [run.last, run.best, run.samples, run.reconstructions]
    guard !files.allSatisfy(FileManager.default.fileExists) else {
      throw UsageError(
        "--resume \(run.path): a fit of \(configuration.model) is complete and not resumed; start "
          + "another with --out")
    }
    return try fit(in: run)
  }

  private func fit(in run: RunDirectory) throws -> TrainingResult {
    let device = try Device.open(
      choice: choice, threads: configuration.threads, order: configuration.order)
    let resolved = configuration.resolved(choice, device: device)
    let trainer = try PPCATrainer(resolved, data: data, device: device, output: run)
    try AtomicFile.update([UInt8](resolved.toml.utf8), at: run.configuration)
    display.introduce(trainer.vae, choice: choice, data: data)
    display.line("run     \(run.path)")
    var result = TrainingResult(
      run: run, device: choice.info, parameters: trainer.vae.layout.parameterCount)
    let started = monotonicSeconds()
    let end = try trainer.train(
      onEvent: { event in
        guard case .interval(let line) = event else { return }
        let unit = configuration.missing > 0 ? "nats/image of what is seen" : "nats/image"
        display.line(
          "step \(line.step)  ln p(x) \(Formatting.decimal(line.elbo, 4)) "
            + (line.kl.isFinite
              ? "nats/image on the training images (KL \(Formatting.decimal(line.kl, 4)))" : unit))
      }, shouldStop: { Signals.received != nil })
    result.seconds = monotonicSeconds() - started
    result.progress = trainer.progress
    result.status = TrainingResult.Status(end)
    guard end == .completed else { return result }
    result.evaluation = try trainer.evaluate(samples: 10)
    result.exactLogLikelihood = try trainer.vae.exactLogLikelihood(data.test)
    try Pictures.write(trainer.vae, test: data.test, seed: configuration.seed, to: run)
    if let exact = result.exactLogLikelihood {
      display.line("")
      display.line("test    ln p(x) \(Formatting.decimal(exact, 4)) nats/image, exactly")
    }
    if let evaluation = result.evaluation {
      result.collapse = try CollapseReport(
        evaluation, of: trainer.vae, configuration, images: data.test)
      result.fitAdvice = trainer.advice
      if let advice = trainer.advice { display.line("advice  \(advice)") }
      display.finish(
        evaluation, collapse: result.collapse, run: run, epochs: configuration.epochs)
    }
    return result
  }

  private func remove(_ run: RunDirectory, existed: Bool) {
    for path in [run.metrics, run.configuration] {
      try? FileManager.default.removeItem(atPath: path)
    }
    if !existed { run.removeIfEmpty() }
  }
}
