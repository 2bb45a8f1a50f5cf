import ArgumentParser
import Training
import VAEModels

/// The flags of fits, for `train`.
struct PPCAFlags: ParsableArguments {
  @Option(
    help: "How ppca is fitted: closed-form, em or gradient (default: closed-form).",
    transform: FlagValue.choice(PPCAFit.self))
  var fit: PPCAFit?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Part of the training pixels to hide from ppca with --fit em (default: 0).",
      valueName: "part"),
    transform: FlagValue.number)
  var missing: Double?

  var settings: [Setting] {
    [Setting("fit", fit, \.fit), Setting("missing", missing, \.missing)].compactMap { $0 }
  }

  /// Throws for flags of another model.
  func check(_ configuration: RunConfiguration) throws {
    guard !ModelRegistry.isLinear(configuration.model), let first = settings.first else { return }
    throw UsageError(
      "--\(first.flag): is for --model ppca, not for \(configuration.model); leave it out")
  }
}
