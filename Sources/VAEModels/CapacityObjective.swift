import Graph

/// -mean ln p(x|z) + beta |mean KL - C|, with a capacity C that grows from 0 over the warm-up (Burgess et al. 2018, eq. 8, whose
/// gamma is beta).
struct CapacityObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    let sample = inputs.sample(configuration.samples)
    return inputs.scope.graph.penalisedELBO(
      logLikelihood: inputs.logLikelihood(sample.z), kl: sample.kl,
      penalty: inputs.scope.graph.capacityPenalty(sample.kl, scalars: inputs.scalars),
      scalars: inputs.scalars)
  }
}
