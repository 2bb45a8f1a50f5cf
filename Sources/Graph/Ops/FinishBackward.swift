import Compute

/// Ends a backward pass: gradient norm, clip factor, the sticky mark of a step that is not finite, and the step's row
/// { loss, log-likelihood, KL, gradient norm } in the history (Pascanu et al. 2013, section 3.2, for the clipping). Then
/// turns state and scalars to the next step of the schedule.
struct FinishBackward: Operation {
  /// 0: no clipping.
  let maximumNorm: Double
  /// Whether log-likelihoods and KL come in place of the objective, which is then the negative ELBO.
  var makesNegativeELBO = false

  var name: String { makesNegativeELBO ? "negative ELBO + gradient norm" : "gradient norm" }
  /// The first input behind the objective's: state, scalars, guard, history, update, two tables.
  private var first: Int { makesNegativeELBO ? 4 : 2 }
  var updatedInputs: [Int] { (first..<(first + 5)).map { $0 } }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[1].shape == [3] && inputs[4].shape == [2], "guard \(inputs[4].shape)")
    return []
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let slots = inputs[first + 3].shape.rows
    var values: [KernelArgument] = [
      .count(inputs[0].shape.columns), .count(slots), .real(maximumNorm),
    ]
    var tensors = inputs
    if makesNegativeELBO {
      values += [.count(inputs[2].count), .count(inputs[1].count / inputs[2].count)]
      // The ELBO's scalars are those of the step, which are there already.
      tensors.remove(at: 3)
    }
    return launch(
      makesNegativeELBO ? "finish_negative_elbo" : "finish_backward", tensors, values, .rows(1))
  }

  /// One row of the history and of each table, not all of them.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [3, 5, 6].map { first + $0 }.map { position in
      (position, inputs[position].view.byteCount / inputs[position].shape.rows)
    }
    let bytes = Dictionary(uniqueKeysWithValues: partial)
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: bytes))
  }

  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    // The ELBO's scalars must be those of the step.
    position == 1 && producer is NegativeELBO && inputs[3] == inputs[5]
      ? FinishBackward(maximumNorm: maximumNorm, makesNegativeELBO: true) : nil
  }
}

/// What changes from step to step, on the device: the host writes the tables now and then, nothing in between.
package struct StepTensors {
  /// [8] words, [8] reals: this step's.
  package let state, scalars: Tensor
  /// [8]: the scalars of the step that the optimizer finishes.
  package let update: Tensor
  /// [slots, 8]: those of the steps with each slot of the history.
  package let stateTable, scalarTable: Tensor

  package init(
    state: Tensor, scalars: Tensor, update: Tensor, stateTable: Tensor, scalarTable: Tensor
  ) {
    self.state = state
    self.scalars = scalars
    self.update = update
    self.stateTable = stateTable
    self.scalarTable = scalarTable
  }
}

extension Graph {
  /// - Parameters:
  ///   - gradients: the whole gradient arena.
  ///   - objective: [3] from `negativeELBO`.
  ///   - guardFlags: [2] = { clip factor, 1 once a step was not finite }.
  ///   - history: [slots, 4].
  package func finishBackward(
    gradients: Tensor, objective: Tensor, step: StepTensors, guardFlags: Tensor, history: Tensor,
    maximumNorm: Double
  ) {
    let squares = partialSumsOfSquares(gradients)
    label(squares, "gradient norm")
    _ = record(
      FinishBackward(maximumNorm: maximumNorm),
      [
        squares, objective, step.state, step.scalars, guardFlags, history, step.update,
        step.stateTable, step.scalarTable,
      ])
  }
}
