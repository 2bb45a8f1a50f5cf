import Graph
import NeuralNetwork

/// What a training step is made of when its objective is recorded.
package struct ObjectiveInputs {
  package let model: any Model
  package let scope: ParameterScope
  /// [rows, D]
  package let x: Tensor
  /// The order of the data set, the state and the scalars of the step.
  package let order: Tensor
  package let state: Tensor
  package let scalars: Tensor

  package init(
    model: any Model, scope: ParameterScope, x: Tensor, order: Tensor, state: Tensor,
    scalars: Tensor
  ) {
    self.model = model
    self.scope = scope
    self.x = x
    self.order = order
    self.state = state
    self.scalars = scalars
  }

  var posterior: Tensor { model.posterior(x, scope) }

  /// ln p(x|z) of rows of z, as many for each row of x: [rows of z].
  func logLikelihood(_ z: Tensor) -> Tensor {
    model.likelihood.logLikelihood(
      features: model.decode(z, scope), x: x, scope, step: state)
  }
}

/// A training loss to be minimised. One file per objective.
package protocol Objective: Sendable {
  /// Records [3] = { loss, mean log-likelihood, mean KL }, in nats per image.
  func loss(_ inputs: ObjectiveInputs) -> Tensor
}

/// Settings of objectives.
public struct ObjectiveConfiguration: Sendable, Equatable {
  /// How the KL of the ELBO is had.
  public enum KLEstimator: String, Sendable, CaseIterable {
    case closedForm = "closed-form"
    /// ln q(z|x) - ln p(z) of the draws.
    case monteCarlo = "monte-carlo"
  }

  /// Of the encoder's parameters in importance-weighted bounds.
  public enum GradientEstimator: String, Sendable, CaseIterable {
    /// The derivative of the bound.
    case reparameterised
    /// DReG, with less noise for many draws (Tucker et al. 2019).
    case doublyReparameterised = "dreg"
  }

  /// A name of `ObjectiveRegistry`.
  public var name = "elbo"
  /// Draws of z per image, S.
  public var samples = 1
  public var kl = KLEstimator.closedForm
  public var gradient = GradientEstimator.reparameterised
  /// M of the MIWAE: groups that the draws are parted into.
  public var groups = 1
  /// Part of the ELBO in the CIWAE.
  public var mixing = 0.5

  public init() {}
}

/// The objectives by the name that `--objective` takes.
public enum ObjectiveRegistry {
  package static let all:
    [(name: String, make: @Sendable (ObjectiveConfiguration) -> any Objective)] =
      [
        ("elbo", { ELBOObjective($0) }),
        ("iwae", { IWAEObjective($0) }),
        ("miwae", { MIWAEObjective($0) }),
        ("ciwae", { CIWAEObjective($0) }),
      ]

  public static var names: [String] { all.map(\.name) }

  package static func make(_ configuration: ObjectiveConfiguration) -> any Objective {
    guard let entry = all.first(where: { $0.name == configuration.name }) else {
      preconditionFailure("no objective \(configuration.name)")
    }
    return entry.make(configuration)
  }
}
