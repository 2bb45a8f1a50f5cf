import Compute

/// Adam on the arena of all parameters (Kingma & Ba 2015, Algorithm 1), in place:
/// p -= lr mhat / (sqrt(vhat) + eps). Bias corrections come with the step's scalars.
struct Adam: Operation {
  let settings: AdamSettings

  var name: String { "Adam" }
  var updatedInputs: [Int] { [3, 4, 5] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      [3, 4, 5].allSatisfy { inputs[$0].shape == inputs[0].shape }, "Adam on unequal arenas")
    return []
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let count = inputs[0].count
    return launch(
      "adam", inputs,
      [
        .real(settings.beta1), .real(1 - settings.beta1), .real(settings.beta2),
        .real(1 - settings.beta2), .real(settings.epsilon), .count(count),
      ], .items(count))
  }
}

/// The decay rates and epsilon of Kingma & Ba 2015, Algorithm 1.
public struct AdamSettings: Sendable, Equatable {
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8

  public init() {}
}

extension Graph {
  package func adam(
    gradient: Tensor, scalars: Tensor, guardFlags: Tensor, parameter: Tensor, firstMoment: Tensor,
    secondMoment: Tensor, settings: AdamSettings = AdamSettings()
  ) {
    _ = record(
      Adam(settings: settings),
      [gradient, scalars, guardFlags, parameter, firstMoment, secondMoment])
  }
}
