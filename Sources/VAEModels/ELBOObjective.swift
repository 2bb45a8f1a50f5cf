import Compute
import Graph

/// -mean ln p(x|z) + beta KL(q(z|x) || p(z)), z from one draw or several (Kingma & Welling 2014, eq. 8 and 10; beta: Higgins et
/// al. 2017). The KL is in closed form, or estimated by the draws.
struct ELBOObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    guard configuration.kl == .closedForm else {
      return inputs.importanceBound(samples: configuration.samples, draws: 1)
    }
    let sample = inputs.sample(configuration.samples)
    return inputs.scope.graph.negativeELBO(
      logLikelihood: inputs.logLikelihood(sample.z), kl: sample.kl, scalars: inputs.scalars)
  }
}

extension ObjectiveInputs {
  /// The loss of S draws an image in groups of `draws`; with beta as the weight of ln p(z) - ln q(z|x).
  func importanceBound(
    samples: Int, draws: Int, mixing: Double = 0,
    gradient: ObjectiveConfiguration.GradientEstimator = .reparameterised
  ) -> Tensor {
    let graph = scope.graph
    let (z, logRatio) = graph.posteriorDraws(
      posterior, samples: samples, order: order, state: state, purpose: .trainingNoise,
      doublyReparameterised: gradient == .doublyReparameterised ? samples / draws : nil)
    return graph.importanceBound(
      logLikelihood: logLikelihood(z), logRatio: logRatio, scalars: scalars, draws: draws,
      mixing: mixing)
  }
}
