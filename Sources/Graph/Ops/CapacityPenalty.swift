import Compute

/// |mean KL - C|, [1], of the KL of images [rows], with the capacity C of the step's scalars (Burgess et al. 2018, eq. 8).
struct CapacityPenalty: Operation {
  var name: String { "capacity penalty" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType([1])] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("capacity_penalty", inputs + outputs, [.count(inputs[0].count)], .rows(1))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil] }
    return [gradient.graph.record(CapacityPenaltyBackward(), inputs + [gradient])[0], nil]
  }
}

/// sign(mean KL - C) / rows for each image.
struct CapacityPenaltyBackward: Operation {
  var name: String { "gradient of the capacity penalty" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("capacity_penalty_backward", inputs + outputs, [.count(inputs[0].count)], .rows(1))
  }
}

extension Graph {
  /// - Parameter scalars: the real numbers of a step, `StepScalars`.
  package func capacityPenalty(_ kl: Tensor, scalars: Tensor) -> Tensor {
    record(CapacityPenalty(), [kl, scalars])[0]
  }
}
