import Graph

/// The mean of M bounds of K = S / M draws each (Rainforth et al. 2018, eq. 11).
struct MIWAEObjective: Objective {
  private let configuration: ObjectiveConfiguration

  init(_ configuration: ObjectiveConfiguration) { self.configuration = configuration }

  func loss(_ inputs: ObjectiveInputs) -> Tensor {
    inputs.importanceBound(
      samples: configuration.samples, draws: configuration.samples / configuration.groups,
      gradient: configuration.gradient)
  }
}
