import Compute

/// How grey pixels become model inputs.
public enum Binarization: String, CaseIterable, Sendable, Codable {
  /// A new Bernoulli draw with probability pixel / 255 at every step.
  case dynamic
  /// One fixed draw per image, the same for every seed.
  case `static`
  /// pixel / 255.
  case none
}

/// A batch from the uint8 data set on the device: row r is image order[batch start + r], scaled or binarised.
struct GatherImages: Operation {
  let rows: Int
  let binarization: Binarization
  let purpose: Philox.Purpose
  /// Tells the static draws of the splits apart.
  let split: UInt32

  var name: String { "gather images" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      inputs.map(\.type) == [.uint8, .uint32, .uint32], "gather from \(inputs.map(\.type))")
    return [TensorType([rows, inputs[0].shape.columns])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let shape = outputs[0].shape
    if binarization == .none {
      return launch(
        "gather_scaled", inputs + outputs, [.count(shape.columns)], .rows(shape.rows))
    }
    let isStatic = binarization == .static
    let stream = isStatic ? Philox.Purpose.staticBinarisation : purpose
    return launch(
      "gather_binarised", inputs + outputs,
      [.count(shape.columns), .uint32(stream.rawValue), .uint32(isStatic ? 1 : 0), .uint32(split)],
      .rows(shape.rows))
  }

  /// The batch's rows of the data set and of the order, not the whole of them.
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let partial = [0: outputs[0].count, 1: 4 * rows]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }
}

extension Graph {
  package func gatherImages(
    _ pixels: Tensor, order: Tensor, state: Tensor, rows: Int, binarization: Binarization,
    purpose: Philox.Purpose, split: UInt32
  ) -> Tensor {
    record(
      GatherImages(rows: rows, binarization: binarization, purpose: purpose, split: split),
      [pixels, order, state], label: "input x")[0]
  }
}
