import Graph

/// -mean ln p(x|z) + beta |mean KL - C|, with a capacity C that grows from 0 over the warm-up (Burgess et al. 2018, eq. 8, whose
/// gamma is beta).
struct CapacityObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.penalisedLoss(samples: configuration.samples) { _, kl in
      inputs.scope.graph.capacityPenalty(kl, scalars: inputs.scalars)
    }
  }
}
