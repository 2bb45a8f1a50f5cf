import Compute

/// x [rows, D] with noise, of the same shape: Gaussian noise of standard deviation `level` added, or each pixel set to 0 with the
/// probability `level` (Vincent et al. 2010, section 3.3). The noise is that of (seed, corruption, step, order[batch start + row],
/// pixel). x is data: there is no gradient.
struct Corrupt: Operation {
  let masks: Bool
  let level: Double

  var name: String { masks ? "masking noise" : "Gaussian noise" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let x = inputs[0].shape
    return launch(
      "corrupt", inputs + outputs,
      [
        .count(x.columns), .uint32(Philox.Purpose.corruption.rawValue), .uint32(masks ? 1 : 0),
        .real(level),
      ], .rows(x.rows))
  }

  /// The order is that of the whole data set; a batch reads one word a row.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [1: 4 * inputs[0].shape.rows]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }
}

extension Graph {
  package func corrupt(
    _ x: Tensor, order: Tensor, state: Tensor, masks: Bool, level: Double
  ) -> Tensor {
    record(Corrupt(masks: masks, level: level), [x, order, state], label: "corrupted x")[0]
  }
}
