import Graph

/// -mean ln p(x|z) with z = E[z|x'] of an image x' with noise: the denoising auto-encoder (Vincent et al. 2010, eq. 4).
struct DenoisingObjective: Objective {
  let takesMeans = true
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.reconstructionLoss(
      from: inputs.scope.graph.corrupt(
        inputs.x, order: inputs.order, state: inputs.state,
        masks: configuration.corruption == .masking, level: configuration.corruptionLevel))
  }
}
