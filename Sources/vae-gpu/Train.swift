import ArgumentParser
import FileFormats
import Foundation
import VAEGPU

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a VAE, or go on with a run.",
    usage: "vae-gpu train [options]",
    discussion: """
      Without arguments: the default VAE on Fashion-MNIST, on the first GPU or else the CPU. The run \
      goes to runs/vae-1, vae-2, … with its settings (config.toml), metrics (metrics.jsonl), \
      checkpoints and pictures. Ctrl-C saves a checkpoint; --resume goes on from it and ends with the \
      weights of a run that never stopped. Figures are nats per image.
      """)

  @OptionGroup(title: "Model") var model: ModelFlags
  @OptionGroup(title: "Model conv") var convolution: ConvolutionFlags
  @OptionGroup(title: "Model ppca") var ppca: PPCAFlags
  @OptionGroup(title: "Objective") var objective: ObjectiveFlags
  @OptionGroup(title: "Training") var training: TrainingFlags
  @OptionGroup(title: "Device") var device: DeviceOptions

  @Option(
    help: ArgumentHelp(
      "The run's directory (default: the next of runs/vae-N).", valueName: "directory"),
    transform: FlagValue.path)
  var out: String?

  @Option(
    help: ArgumentHelp("Go on with the run in this directory.", valueName: "run"),
    transform: FlagValue.path)
  var resume: String?

  @Option(
    help: ArgumentHelp("Settings from a TOML file; flags override them.", valueName: "file"),
    transform: FlagValue.path)
  var config: String?

  @Option(
    help: """
      auto: measure kernels for this model first where the OpenCL device has no verdicts for it, a \
      few seconds; off: go on with what is known (default: off).
      """,
    transform: FlagValue.choice(TuneMode.self))
  var tune: TuneMode?

  @Flag(help: "Print one JSON object with the results on stdout at the end.")
  var json = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  func run() throws {
    Signals.catchStops()
    let settings = try resolvedSettings()
    let run = try resume.map { try RunDirectory.open($0).claimed() }
    let choice = try chooseDevice(settings)
    try choice.check(settings.precision)
    let data = try settings.parts(of: DatasetLoader.load(settings.data))
    let display = TrainingDisplay(
      quiet: quiet, settings: settings, batches: try settings.batches(of: data.train))
    if ModelRegistry.isLinear(settings.model) {
      return try fit(
        settings, choice: choice, data: data, display: display, resuming: run)
    }
    var session = TrainingSession(
      configuration: settings, choice: choice, data: data, display: display)
    try session.checkMemory()
    if let signal = Signals.received {
      throw Interruption(signal: signal, description: "interrupted before training began")
    }
    session.gemm = try tuned(settings, choice: choice, data: data)
    let result = try run.map { try session.resume($0) } ?? session.start(out)
    if json { try Console.print(result.json) }
    if result.status == .interrupted, let signal = Signals.received {
      throw Interruption(signal: signal, description: result.interruption)
    }
  }

  /// A model that is fitted, not trained step by step.
  private func fit(
    _ settings: RunConfiguration, choice: Device.Choice, data: ImageDataset,
    display: TrainingDisplay, resuming run: RunDirectory?
  ) throws {
    let session = FittingSession(
      configuration: settings, choice: choice, data: data, display: display)
    let result = try run.map { try session.resume($0) } ?? session.start(out)
    if json { try Console.print(result.json) }
    if result.status == .interrupted, let signal = Signals.received {
      throw Interruption(
        signal: signal,
        description: run.map {
          "interrupted; begin the fit again with: vae-gpu train --resume \(ShellWord.path($0.path))"
        } ?? "interrupted; nothing of the fit was kept")
    }
  }

  /// Says when a device was never tuned, and tunes it where that is wanted. nil: products run as known before.
  private func tuned(
    _ settings: RunConfiguration, choice: Device.Choice, data: ImageDataset
  ) throws -> GemmChoice? {
    guard let tuning = Tuning(choice) else { return nil }
    guard tune == .auto else {
      if !tuning.hasVerdicts && !quiet {
        Console.error(
          "untuned  \(choice.info.name) has no measured kernels; --tune auto or 'vae-gpu tune "
            + "--device \(choice.info.selector)' may make it faster")
      }
      return nil
    }
    let shapes = tuning.unmeasured(try Tuning.shapes(of: settings, data: data))
    guard !shapes.isEmpty else { return nil }
    if !quiet { Console.error("tuning   \(shapes.count) matrix products on \(choice.info.name)") }
    var isWarned = quiet
    return try tuning.run(
      shapes, quick: true,
      anyOrder: settings.order != .exact && choice.info.type != .cpu,
      stop: { Signals.received != nil },
      onUnsaved: { error in
        if !isWarned {
          Console.error("warning: \(error); this run uses the verdicts, the next measures again")
        }
        isWarned = true
      }, onFinding: { _ in })
  }

  /// The base (defaults, --config or the run of --resume) with the flags over it.
  private func resolvedSettings() throws -> RunConfiguration {
    var flags = model.settings + convolution.settings + ppca.settings
    flags += objective.settings + training.settings
    let threads = Setting(
      "threads", device.threads, optional: \.threads, shapesResult: false)
    let order = Setting("order", device.order, optional: \.order, shapesResult: false)
    flags += [threads, order].compactMap { $0 }
    if let resume {
      for (flag, value) in [("--out", out), ("--config", config)] where value != nil {
        throw UsageError(
          "--resume and \(flag) do not go together: a run keeps its directory and settings")
      }
      let run = try RunDirectory.open(resume)
      let base = try RunConfiguration(run: run)
      try base.checkResume(flags, run: run)
      return try base.applying(flags.filter { !$0.shapesResult }, file: run.configuration)
    }
    let base = try config.map { try RunConfiguration(tomlFile: $0) } ?? RunConfiguration()
    let settings = try base.applying(flags, file: config)
    try model.check(settings)
    try convolution.check(settings)
    try ppca.check(settings, training: objective.settings + training.settings)
    try objective.check(settings)
    try training.check(settings)
    return settings
  }

  /// By the flag, else VAE_GPU_DEVICE, else the setting of the file.
  private func chooseDevice(_ settings: RunConfiguration) throws -> Device.Choice {
    let environment = ProcessInfo.processInfo.environment["VAE_GPU_DEVICE"] ?? ""
    guard device.device == nil, environment.isEmpty, settings.device != "auto" else {
      return try Device.choose(device.device)
    }
    let file = resume.map { RunDirectory($0).configuration } ?? config ?? "config.toml"
    do {
      var choice = try Device.choose(settings.device)
      choice.reason = "device \(settings.device) of \(file)"
      return choice
    } catch {
      throw ComputeError(
        error.code, operation: "device \(settings.device) of \(file)",
        detail: error.detail + "; --device chooses another")
    }
  }
}

/// Whether `train` measures kernels before it begins.
enum TuneMode: String, CaseIterable {
  case auto
  case off
}
