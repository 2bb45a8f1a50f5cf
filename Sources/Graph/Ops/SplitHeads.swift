import Compute

/// [images, pixels, numbers channels] in any shape -> [images, numbers pixels channels]: from the last layer of a convolutional
/// decoder to what likelihoods take, the first number of every pixel in front.
struct SplitHeads: Operation {
  let pixels: Int
  let numbers: Int
  let channels: Int

  var name: String { "split heads" }
  private var size: Int { pixels * numbers * channels }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0].shape.count % size == 0, "\(name) of \(inputs[0].shape)")
    return [TensorType([inputs[0].shape.count / size, size])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("split_heads", inputs + outputs, values, .rows(outputs[0].shape.rows * numbers))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil] }
    return gradient.graph.record(
      SplitHeadsBackward(split: self, shape: inputs[0].shape), [gradient])
  }

  fileprivate var values: [KernelArgument] { [.count(pixels), .count(numbers), .count(channels)] }
}

/// The way back.
struct SplitHeadsBackward: Operation {
  let split: SplitHeads
  let shape: Shape

  var name: String { "gradient of split heads" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType(shape)] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "split_heads_backward", inputs + outputs, split.values,
      .rows(inputs[0].shape.rows * split.numbers))
  }
}

extension Graph {
  /// Heads of a likelihood from [images pixels, numbers channels].
  package func splitHeads(_ x: Tensor, pixels: Int, numbers: Int, channels: Int) -> Tensor {
    guard numbers > 1 else {
      return x.viewed(as: [x.shape.count / (pixels * channels), pixels * channels])
    }
    return record(SplitHeads(pixels: pixels, numbers: numbers, channels: channels), [x])[0]
  }
}
