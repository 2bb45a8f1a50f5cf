import Compute

/// Images [images, height, width, channels] in any shape -> [images outHeight outWidth, channels] by the nearest neighbour (PyTorch's
/// nn.Upsample).
struct Resize: Operation {
  let height: Int
  let width: Int
  let channels: Int
  let outHeight: Int
  let outWidth: Int

  var name: String { "nearest neighbour" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let size = height * width * channels
    precondition(inputs[0].shape.count % size == 0, "\(name) of \(inputs[0].shape)")
    return [TensorType([inputs[0].shape.count / size * outHeight * outWidth, channels])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("resize", inputs + outputs, values, .rows(outputs[0].shape.rows / outWidth))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return dy.graph.record(ResizeBackward(resize: self, shape: inputs[0].shape), [dy])
  }

  fileprivate var values: [KernelArgument] {
    [.count(height), .count(width), .count(channels), .count(outHeight), .count(outWidth)]
  }
}

/// Sums of the gradients of the pixels that each was made to.
struct ResizeBackward: Operation {
  let resize: Resize
  let shape: Shape

  var name: String { "gradient of the nearest neighbour" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [TensorType(shape)] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "resize_backward", inputs + outputs, resize.values,
      .rows(outputs[0].count / (resize.width * resize.channels)))
  }
}

extension Graph {
  /// Images of another size by the nearest neighbour.
  package func resize(
    _ x: Tensor, height: Int, width: Int, channels: Int, toHeight: Int, toWidth: Int
  ) -> Tensor {
    record(
      Resize(
        height: height, width: width, channels: channels, outHeight: toHeight, outWidth: toWidth),
      [x])[0]
  }
}
