import Compute

/// Philox noise as a tensor [rows, columns]: standard normal or uniform on [0, 1). Row r is sample batch start + r.
struct PhiloxNoise: Operation {
  enum Distribution: String {
    case normal
    case uniform
  }

  let distribution: Distribution
  let shape: Shape
  let purpose: Philox.Purpose

  var name: String { "\(distribution.rawValue) noise" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType(shape)] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "philox_\(distribution.rawValue)", inputs + outputs,
      [.count(shape.columns), .uint32(purpose.rawValue)], .rows(shape.rows))
  }
}

extension Graph {
  package func normalNoise(_ shape: Shape, state: Tensor, purpose: Philox.Purpose) -> Tensor {
    record(PhiloxNoise(distribution: .normal, shape: shape, purpose: purpose), [state])[0]
  }

  package func uniformNoise(_ shape: Shape, state: Tensor, purpose: Philox.Purpose) -> Tensor {
    record(PhiloxNoise(distribution: .uniform, shape: shape, purpose: purpose), [state])[0]
  }
}
