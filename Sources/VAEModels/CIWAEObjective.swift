import Graph

/// a ELBO + (1 - a) IWAE of the same S draws (Rainforth et al. 2018, eq. 12).
struct CIWAEObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.importanceBound(
      samples: configuration.samples, draws: configuration.samples,
      mixing: configuration.mixing)
  }
}
