import Compute

/// A row for each place of a kernel on each image (im2col; Chellapilla et al. 2006): [images, height, width, channels] in any shape ->
/// [images outHeight outWidth, kernelHeight kernelWidth channels]. A convolution is its product with the weights.
struct Unfold: Operation {
  let geometry: ConvolutionGeometry

  var name: String { "unfold" }
  var isRepeatable: Bool { true }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType(geometry.unfolding(inputs[0].shape))]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "unfold", inputs + outputs, geometry.arguments,
      .rows(outputs[0].shape.rows / geometry.outWidth * geometry.kernelHeight))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil] }
    return [gradient.graph.fold(gradient, geometry)]
  }
}

/// The transpose of `Unfold` (col2im): [images outHeight outWidth, kernelHeight kernelWidth channels] ->
/// [images height width, channels]. A transposed convolution is this of a product.
struct Fold: Operation {
  let geometry: ConvolutionGeometry

  var name: String { "fold" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let places = geometry.outHeight * geometry.outWidth
    precondition(
      geometry.isValid && inputs[0].shape.count % (places * geometry.unfolded) == 0,
      "\(name) of \(inputs[0].shape) by \(geometry)")
    let images = inputs[0].shape.count / (places * geometry.unfolded)
    return [TensorType([images * geometry.height * geometry.width, geometry.channels])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    // About 256 values a work-group, so that a device has enough of them.
    let pixels = max(1, min(geometry.width, 256 / max(geometry.channels, 1)))
    let parts = (geometry.width + pixels - 1) / pixels
    return launch(
      "fold", inputs + outputs, geometry.arguments + [.count(pixels)],
      .rows(outputs[0].shape.rows / geometry.width * parts))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil] }
    return [gradient.graph.unfold(gradient, geometry)]
  }

  /// A product that nothing else reads is folded while it is made.
  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    (producer as? MatrixProduct)?.folded(by: geometry)
  }
}

extension Graph {
  package func unfold(_ image: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    record(Unfold(geometry: geometry), [image])[0]
  }

  package func fold(_ unfolded: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
    record(Fold(geometry: geometry), [unfolded])[0]
  }
}
