import Graph

/// -mean ln p(x|z) + beta sum_j max(free, mean_x KL_j): latents may hold `free` nats at no cost, so that they do not collapse
/// (Kingma et al. 2016, eq. 15).
struct FreeBitsObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.penalisedLoss(samples: configuration.samples) { posterior, _ in
      inputs.scope.graph.freeBits(posterior, free: configuration.freeBits)
    }
  }
}
