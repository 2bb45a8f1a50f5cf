import Datasets
import FileFormats
import Foundation
import VAEGPU

/// One call of `train` after its settings and data have been checked.
struct TrainingSession {
  let configuration: RunConfiguration
  let choice: Device.Choice
  let data: ImageDataset
  let display: TrainingDisplay
  /// How an OpenCL device runs matrix products; nil: as tuned before.
  var gemm: GemmChoice?

  private var image: ImageShape {
    ImageShape(height: data.train.height, width: data.train.width, channels: data.train.channels)
  }

  /// Throws for a model that the device cannot hold, before anything of it is made.
  func checkMemory() throws {
    let model = configuration.modelConfiguration(image: image)
    try RunConfiguration.check(model)
    let layout = ModelRegistry.make(model).layout
    // Weights, gradients and two moments of Adam.
    let needed = UInt64(layout.elementCount) * 4 * 4
    let host = VAE.hostByteCount(
      training: layout, images: data, onHost: choice.info.type == .cpu)
    try HostMemory.check(host, for: "training \(layout.parameterCount) parameters")
    guard choice.info.memory > 0, needed > choice.info.memory else { return }
    throw ComputeError(
      .outOfMemory, operation: choice.info.name,
      detail: "training \(layout.parameterCount) parameters needs more than "
        + "\(Formatting.bytes(needed)), and it has \(Formatting.bytes(choice.info.memory))")
  }

  /// A new run; nothing of it stays behind if it cannot begin. One that fails later can be resumed.
  func start(_ out: String?) throws -> TrainingResult {
    let existed = out.map { FileManager.default.fileExists(atPath: $0) } ?? false
    let run = try RunDirectory.create(out)
    let trainer: Trainer
    do {
      trainer = try makeTrainer(in: run)
    } catch {
      if !existed { run.removeIfEmpty() }
      throw error
    }
    do {
      return try train(trainer, in: run, isResumed: false)
    } catch let error as ComputeError where error.code == .outOfMemory {
      // A run that never begins with these settings leaves nothing to resume.
      if trainer.progress.step == 0 { run.removeUntrained(directory: !existed) }
      throw error
    }
  }

  /// Goes on with a run, which this process has claimed.
  func resume(_ run: RunDirectory) throws -> TrainingResult {
    let trainer = try makeTrainer(in: run, resuming: true)
    return try train(trainer, in: run, isResumed: true)
  }

  private func makeTrainer(in run: RunDirectory, resuming: Bool = false) throws -> Trainer {
    let device = try Device.open(
      choice: choice, threads: configuration.threads, gemm: gemm, order: configuration.order)
    let resolved = configuration.resolved(choice, device: device)
    let trainer = try Trainer(resolved, data: data, device: device, output: run)
    if resuming { try trainer.resume() }
    try AtomicFile.update([UInt8](resolved.toml.utf8), at: run.configuration)
    return trainer
  }

  private func train(
    _ trainer: Trainer, in run: RunDirectory, isResumed: Bool
  ) throws -> TrainingResult {
    let first = trainer.progress
    display.begin(trainer, choice: choice, data: data, run: run, isResumed: isResumed)
    if trainer.resumedFrom == run.best {
      display.line("note    \(run.last) is missing; the run goes on from \(run.best)")
    }
    defer { display.clear() }
    var result = TrainingResult(
      run: run, device: choice.info, parameters: trainer.vae.layout.parameterCount)
    let started = monotonicSeconds()
    let end = try trainer.train(
      onEvent: { display.show($0) }, shouldStop: { Signals.received != nil })
    result.seconds = monotonicSeconds() - started
    result.progress = trainer.progress
    result.imagesPerSecond = display.imagesPerSecond
    result.status = TrainingResult.Status(end)
    guard end != .interrupted else { return result }
    let isUnchanged = isResumed && first == trainer.progress
    if isUnchanged { display.sayComplete(first, end: end, run: run) }
    result.evaluation = try trainer.evaluate(samples: 10) { Signals.received != nil }
    guard let evaluation = result.evaluation else {
      result.status = .interrupted
      result.isTrained = true
      return result
    }
    // A process that was killed may have left pictures of earlier weights, or none.
    try Pictures.write(trainer.vae, test: data.test, seed: trainer.configuration.seed, to: run)
    if !configuration.takesMeans {
      result.collapse = try CollapseReport(
        evaluation, of: trainer.vae, configuration, images: data.test)
    }
    display.finish(
      evaluation, collapse: result.collapse, run: run, epochs: trainer.configuration.epochs)
    return result
  }
}

extension RunConfiguration {
  /// With the device, its threads and the place of the data as they are now, for `config.toml`.
  func resolved(_ choice: Device.Choice, device: Device) -> RunConfiguration {
    var resolved = self
    resolved.device = choice.info.selector
    resolved.data = DataLocation.resolved(data)
    if choice.info.index == nil { resolved.threads = device.info.computeUnits }
    return resolved
  }
}

/// What `train` hands back.
struct TrainingResult {
  enum Status: String {
    case completed
    case stoppedEarly = "stopped_early"
    case interrupted

    init(_ end: TrainingEnd) {
      switch end {
      case .completed: self = .completed
      case .stoppedEarly: self = .stoppedEarly
      case .interrupted: self = .interrupted
      }
    }
  }

  let run: RunDirectory
  let device: DeviceInfo
  let parameters: Int
  var progress = TrainingProgress()
  var status = Status.interrupted
  /// Of the test set at the end; nil for an interrupted run.
  var evaluation: Evaluation?
  var collapse: CollapseReport?
  /// What to do about a fit that did not succeed.
  var fitAdvice: String?
  /// ln p(x) of the test set, of a linear Gaussian model.
  var exactLogLikelihood: Double?
  var seconds = 0.0
  /// Of training steps.
  var imagesPerSecond: Double?
  /// Interrupted after the last step, in the evaluation.
  var isTrained = false

  /// The line that an interrupted run ends with.
  var interruption: String {
    if isTrained {
      return "interrupted in the last evaluation; training is complete: "
        + "vae-gpu evaluate \(ShellWord.path(run.path))"
    }
    return "interrupted at step \(progress.step), epoch \(progress.epoch + 1); saved "
      + "\(run.last); go on with: vae-gpu train --resume \(ShellWord.path(run.path))"
  }

  var json: String {
    JSONValue.object([
      .text("run", run.path), .text("device", device.name),
      .text("device_selector", device.selector), .text("status", status.rawValue),
      .integer("steps", progress.step), .integer("epochs", progress.epoch),
      .number("elbo", evaluation?.elbo), .number("log_likelihood", evaluation?.logLikelihood),
      .number("kl", evaluation?.kl), .number("stderr", evaluation?.standardError),
      .number("exact_log_likelihood", exactLogLikelihood),
      .init("bound", evaluation.map { .string($0.bound) } ?? .null),
      .init("binarization", evaluation.map { .string($0.binarization) } ?? .null),
      .init("images", evaluation.map { .number("\($0.images)") } ?? .null),
      .init("samples", evaluation.map { .number("\($0.samples)") } ?? .null),
      .init("active_latents", evaluation.map { .number("\($0.activeLatents)") } ?? .null),
      .number("predicted_active", collapse?.predicted.map(Double.init)),
      .init("advice", (fitAdvice ?? collapse?.advice).map { .string($0) } ?? .null),
      .integer("parameters", parameters), .number("seconds", seconds),
      .number("images_per_s", imagesPerSecond), file("checkpoint", run.last),
      file("metrics", run.metrics),
    ]).text
  }

  /// A path, or null where an interrupted fit has left nothing.
  private func file(_ name: String, _ path: String) -> JSONValue.Member {
    .init(name, FileManager.default.fileExists(atPath: path) ? .string(path) : .null)
  }
}
