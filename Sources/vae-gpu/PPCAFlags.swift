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

  /// Flags of training that a fit takes, too.
  private static let shared: Set<String> = ["data", "validation", "max-steps", "log-every", "seed"]

  /// Throws for flags of another model.
  ///
  /// - Parameter training: flags of training steps that were given.
  func check(_ configuration: RunConfiguration, training: [Setting]) throws {
    if ModelRegistry.isLinear(configuration.model) {
      guard let other = training.first(where: { !Self.shared.contains($0.flag) }) else { return }
      throw UsageError(
        "--\(other.flag): is for models that are trained step by step, and \(configuration.model) is fitted; "
          + "leave it out")
    }
    guard let first = settings.first else { return }
    throw UsageError(
      "--\(first.flag): is for --model ppca, not for \(configuration.model); leave it out")
  }
}
