import Graph

/// -mean ln p(x|z) with z = E[z|x], without noise and KL: the auto-encoder (Hinton & Salakhutdinov 2006), a VAE with a point for
/// a posterior.
struct AutoencoderObjective: Objective {
  let takesMeans = true

  init(_ configuration: ObjectiveConfiguration) {}

  func loss(_ inputs: ObjectiveInputs) -> Tensor { inputs.reconstructionLoss(from: inputs.x) }
}
