import Compute

/// Adam on the arena of all parameters (Kingma & Ba 2015, Algorithm 1), in place:
/// p -= lr mhat / (sqrt(vhat) + eps). Bias corrections come with the step's scalars.
struct Adam: Operation {
  let beta1: Double
  let beta2: Double
  let epsilon: Double

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
        .real(beta1), .real(1 - beta1), .real(beta2), .real(1 - beta2), .real(epsilon),
        .count(count),
      ], .items(count))
  }
}

/// The decay rates and epsilon of Kingma & Ba 2015, Algorithm 1.
package enum AdamDefaults {
  package static let beta1 = 0.9
  package static let beta2 = 0.999
  package static let epsilon = 1e-8
}

extension Graph {
  package func adam(
    gradient: Tensor, scalars: Tensor, guardFlags: Tensor, parameter: Tensor, firstMoment: Tensor,
    secondMoment: Tensor, beta1: Double = AdamDefaults.beta1,
    beta2: Double = AdamDefaults.beta2, epsilon: Double = AdamDefaults.epsilon
  ) {
    _ = record(
      Adam(beta1: beta1, beta2: beta2, epsilon: epsilon),
      [gradient, scalars, guardFlags, parameter, firstMoment, secondMoment])
  }
}
