import Compute

/// Ends a backward pass: gradient norm, clip factor, the sticky mark of a step that is not finite, and the step's row
/// { loss, log-likelihood, KL, gradient norm } in the history (Pascanu et al. 2013, section 3.2, for the clipping).
struct FinishBackward: Operation {
  /// 0: no clipping.
  let maximumNorm: Double

  var name: String { "gradient norm" }
  var updatedInputs: [Int] { [3, 4] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[1].shape == [3] && inputs[3].shape == [2], "guard \(inputs[3].shape)")
    return []
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("finish_backward", inputs, [.count(inputs[0].count), .real(maximumNorm)], .rows(1))
  }

  /// One row of the history, not all of it.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let row = inputs[4].view.byteCount / inputs[4].shape.rows
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: [4: row]))
  }

  func absorbing(_ producer: any Operation, at position: Int) -> (any Operation)? {
    position == 1 && producer is NegativeELBO
      ? FinishNegativeELBO(maximumNorm: maximumNorm) : nil
  }
}

/// The negative ELBO and the end of its backward pass in one launch.
struct FinishNegativeELBO: Operation {
  let maximumNorm: Double

  var name: String { "negative ELBO + gradient norm" }
  var updatedInputs: [Int] { [5, 6] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "finish_negative_elbo", inputs,
      [.count(inputs[0].count), .count(inputs[1].count), .real(maximumNorm)], .rows(1))
  }

  /// One row of the history, not all of it.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let row = inputs[6].view.byteCount / inputs[6].shape.rows
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: [6: row]))
  }
}

extension Graph {
  /// - Parameters:
  ///   - gradients: the whole gradient arena.
  ///   - objective: [3] from `negativeELBO`.
  ///   - guardFlags: [2] = { clip factor, 1 once a step was not finite }.
  ///   - history: [slots, 4].
  package func finishBackward(
    gradients: Tensor, objective: Tensor, state: Tensor, guardFlags: Tensor, history: Tensor,
    maximumNorm: Double
  ) {
    let squares = partialSumsOfSquares(gradients)
    label(squares, "gradient norm")
    _ = record(
      FinishBackward(maximumNorm: maximumNorm), [squares, objective, state, guardFlags, history])
  }
}
