import Graph

/// -ln 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) with K = S draws an image (Burda et al. 2016, eq. 8).
struct IWAEObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.importanceBound(
      samples: configuration.samples, draws: configuration.samples,
      gradient: configuration.gradient)
  }
}
