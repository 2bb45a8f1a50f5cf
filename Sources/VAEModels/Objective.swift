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

  /// Draws of z for each image, the KL of its posterior in closed form, and the posterior.
  func sample(_ samples: Int) -> (z: Tensor, kl: Tensor, posterior: Tensor) {
    let graph = scope.graph
    let posterior = self.posterior
    let sample = graph.reparameterise(
      posterior, order: order, state: state, purpose: .trainingNoise)
    guard samples > 1 else { return (sample.z, sample.kl, posterior) }
    let draws = graph.posteriorDraws(
      posterior, samples: samples, order: order, state: state, purpose: .trainingNoise)
    return (draws.z, sample.kl, posterior)
  }

  /// -mean ln p(x|z) + beta mean penalty, of posteriors and their KL.
  func penalisedLoss(samples: Int, _ penalty: (_ posterior: Tensor, _ kl: Tensor) -> Tensor)
    -> Tensor
  {
    let sample = sample(samples)
    return scope.graph.penalisedELBO(
      logLikelihood: logLikelihood(sample.z), kl: sample.kl,
      penalty: penalty(sample.posterior, sample.kl), scalars: scalars)
  }

  /// -mean ln p(x|z) with the posterior mean of `input` as z, whose KL counts as 0.
  func reconstructionLoss(from input: Tensor) -> Tensor {
    let graph = scope.graph
    let mean = graph.posteriorMean(model.posterior(input, scope))
    return graph.negativeELBO(
      logLikelihood: logLikelihood(mean), kl: graph.zeros([mean.shape.rows]), scalars: scalars)
  }

  /// ln p(x|z) of rows of z, as many for each row of x: [rows of z].
  func logLikelihood(_ z: Tensor) -> Tensor {
    model.likelihood.logLikelihood(
      heads: model.decode(z, scope), x: x, scope, step: state)
  }
}

/// A training loss to be minimised. One file per objective.
package protocol Objective: Sendable {
  /// Whether z is the posterior mean, and no bound on a likelihood comes of it.
  var takesMeans: Bool { get }
  /// Records [3] = { loss, mean log-likelihood, mean KL }, in nats per image.
  func loss(_ inputs: ObjectiveInputs) -> Tensor
}

extension Objective {
  package var takesMeans: Bool { false }
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

  /// What is done to the images that a denoising auto-encoder sees.
  public enum Corruption: String, Sendable, CaseIterable {
    /// Noise of standard deviation `corruptionLevel` is added.
    case gaussian
    /// Pixels are set to 0 with the probability `corruptionLevel`.
    case masking
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
  /// Nats of each latent that cost nothing.
  public var freeBits = 0.5
  /// Nats that the KL is to have at the end of the warm-up, C.
  public var capacity = 25.0
  public var corruption = Corruption.gaussian
  public var corruptionLevel = 0.3

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
        ("free-bits", { FreeBitsObjective($0) }),
        ("capacity", { CapacityObjective($0) }),
        ("autoencoder", { AutoencoderObjective($0) }),
        ("denoising", { DenoisingObjective($0) }),
      ]

  public static var names: [String] { all.map(\.name) }

  /// The objectives under which z is the posterior mean.
  public static var namesTakingMeans: [String] {
    all.filter { $0.make(ObjectiveConfiguration()).takesMeans }.map(\.name)
  }

  package static func make(_ configuration: ObjectiveConfiguration) -> any Objective {
    guard let entry = all.first(where: { $0.name == configuration.name }) else {
      preconditionFailure("no objective \(configuration.name)")
    }
    return entry.make(configuration)
  }
}
