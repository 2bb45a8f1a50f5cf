import ArgumentParser
import Training
import VAEModels

/// The flags of the training loss, for `train`.
struct ObjectiveFlags: ParsableArguments {
  @Option(
    help: """
      The training loss: elbo, iwae (bound of all --samples), miwae (mean bound of --groups), ciwae \
      (--mixing of the ELBO, the rest IWAE), free-bits (--free-bits nats of each latent cost nothing), \
      capacity (beta times the distance of the KL from --capacity), autoencoder (no noise, no KL) or \
      denoising (an auto-encoder that sees --corruption) (default: elbo).
      """,
    transform: FlagValue.name(in: ObjectiveRegistry.names))
  var objective: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Draws of z per image in a step (default: 1).", valueName: "n"),
    transform: FlagValue.integer())
  var samples: Int?

  @Option(
    help: "KL of the ELBO: closed-form, or monte-carlo by the draws (default: closed-form).",
    transform: FlagValue.choice(ObjectiveConfiguration.KLEstimator.self))
  var kl: ObjectiveConfiguration.KLEstimator?

  @Option(
    help: """
      Of the encoder under iwae and miwae: reparameterised, or dreg, doubly reparameterised, with less \
      noise (default: reparameterised).
      """,
    transform: FlagValue.choice(ObjectiveConfiguration.GradientEstimator.self))
  var gradient: ObjectiveConfiguration.GradientEstimator?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of draws, for miwae (default: 1).", valueName: "n"),
    transform: FlagValue.integer())
  var groups: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Part of the ELBO, for ciwae (default: 0.5).", valueName: "part"),
    transform: FlagValue.number)
  var mixing: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Nats of each latent, for free-bits (default: 0.5).", valueName: "nats"),
    transform: FlagValue.number)
  var freeBits: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Nats of the KL after --warmup epochs, for capacity (default: 25).", valueName: "nats"),
    transform: FlagValue.number)
  var capacity: Double?

  @Option(
    help: "For denoising: gaussian noise added, or masking of pixels (default: gaussian).",
    transform: FlagValue.choice(ObjectiveConfiguration.Corruption.self))
  var corruption: ObjectiveConfiguration.Corruption?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Standard deviation of gaussian noise, or part of the pixels (default: 0.3).",
      valueName: "level"),
    transform: FlagValue.number)
  var corruptionLevel: Double?

  @Option(
    parsing: .unconditional,
    help: "Weight of the KL term in the training loss; figures have weight 1 (default: 1).",
    transform: FlagValue.number)
  var beta: Double?

  @Option(
    help: """
      How the weight goes to beta: constant, linear (from 0 over --warmup epochs) or cyclical (again \
      and again: --warmup epochs up, as many at beta) (default: constant).
      """,
    transform: FlagValue.choice(BetaSchedule.self))
  var betaSchedule: BetaSchedule?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Epochs until a schedule reaches beta (default: 10).", valueName: "epochs"),
    transform: FlagValue.number)
  var warmup: Double?

  /// Throws for flags that do not go together.
  func check(_ configuration: RunConfiguration) throws {
    let given: [(flag: String, value: String?, objective: String)] = [
      ("--kl", kl?.rawValue, "elbo"), ("--groups", groups.map(\.description), "miwae"),
      ("--mixing", mixing.map(\.description), "ciwae"),
      ("--free-bits", freeBits.map(\.description), "free-bits"),
      ("--capacity", capacity.map(\.description), "capacity"),
      ("--corruption", corruption?.rawValue, "denoising"),
      ("--corruption-level", corruptionLevel.map(\.description), "denoising"),
    ]
    for case (let flag, let value?, let objective) in given
    where configuration.objective.name != objective {
      throw UsageError(
        "\(flag) \(value): is for --objective \(objective), not for \(configuration.objective.name)"
      )
    }
    try checkWeight(configuration)
  }

  /// Throws for flags of a weight of the KL where there is none, or where it is constant.
  private func checkWeight(_ configuration: RunConfiguration) throws {
    let name = configuration.objective.name
    let weight = [("--beta", beta.map(\.description)), ("--beta-schedule", betaSchedule?.rawValue)]
    for case (let flag, let value?) in weight where configuration.takesMeans {
      throw UsageError("\(flag) \(value): the objective \(name) has no KL to weigh; leave it out")
    }
    if let warmup, name != "capacity", configuration.betaSchedule == .constant {
      throw UsageError(
        "--warmup \(warmup): nothing warms up; add --beta-schedule linear or cyclical, or --objective "
          + "capacity")
    }
  }

  var settings: [Setting] {
    [
      Setting("objective", objective, \.objective.name),
      Setting("samples", samples, \.objective.samples), Setting("kl", kl, \.objective.kl),
      Setting("gradient", gradient, \.objective.gradient),
      Setting("groups", groups, \.objective.groups), Setting("mixing", mixing, \.objective.mixing),
      Setting("free-bits", freeBits, \.objective.freeBits),
      Setting("capacity", capacity, \.objective.capacity),
      Setting("corruption", corruption, \.objective.corruption),
      Setting("corruption-level", corruptionLevel, \.objective.corruptionLevel),
      Setting("beta", beta, \.beta), Setting("beta-schedule", betaSchedule, \.betaSchedule),
      Setting("warmup", warmup, \.warmup),
    ].compactMap { $0 }
  }
}
