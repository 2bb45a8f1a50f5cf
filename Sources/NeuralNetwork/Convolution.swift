import Compute
import Graph

/// y = f(W * x + b) on images [rows, height width channels], channels last (PyTorch's nn.Conv2d; Dumoulin & Visin 2016, section 2).
/// The weight is published as [out, in, kernelHeight, kernelWidth].
package struct Convolution: Sendable {
  package let name: String
  package let geometry: ConvolutionGeometry
  package let outputs: Int
  /// In place of the bias.
  package let norm: Norm?

  package init(
    _ name: String, _ geometry: ConvolutionGeometry, outputs: Int, norm: NormKind = .none
  ) {
    self.name = name
    self.geometry = geometry
    self.outputs = outputs
    self.norm =
      norm == .none ? nil : Norm(name: "\(name).norm", kind: norm, channels: outputs)
  }

  /// Uniform on (-1 / sqrt(n), 1 / sqrt(n)), n = inputs of an output, as PyTorch's default.
  package func declare(in layout: inout ParameterLayout) {
    let bound = 1 / Double(geometry.unfolded).squareRoot()
    let shape = [outputs, geometry.kernelHeight, geometry.kernelWidth, geometry.channels]
    layout.add(
      "\(name).weight", shape, .uniform(bound: bound), published: .channelsFirst(shape))
    if let norm { return norm.declare(in: &layout) }
    layout.add("\(name).bias", [outputs], .uniform(bound: bound))
  }

  /// [rows, …] -> [rows outHeight outWidth, outputs].
  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation = .identity
  ) -> Tensor {
    let graph = scope.graph
    let weight = scope["\(name).weight"].viewed(as: [outputs, geometry.unfolded])
    let product = graph.multiply(
      graph.unfold(x, geometry), weight, transposeB: true, label: "\(name) product")
    let normal = norm?(product, scope, rowsPerImage: geometry.outHeight * geometry.outWidth)
    return graph.biasActivation(
      normal ?? product, scope[norm?.beta ?? "\(name).bias"], activation, label: "\(name) output")
  }
}

/// y = f(W' * x + b): the transpose of a convolution that maps images of `geometry` to the size of x (PyTorch's nn.ConvTranspose2d, the
/// output padding being what makes the size). The weight is published as [in, out, kernelHeight, kernelWidth].
package struct TransposedConvolution: Sendable {
  package let name: String
  /// Of the images that come out.
  package let geometry: ConvolutionGeometry
  package let inputs: Int
  /// In place of the bias.
  package let norm: Norm?

  package init(
    _ name: String, inputs: Int, to geometry: ConvolutionGeometry, norm: NormKind = .none
  ) {
    self.name = name
    self.geometry = geometry
    self.inputs = inputs
    self.norm =
      norm == .none ? nil : Norm(name: "\(name).norm", kind: norm, channels: geometry.channels)
  }

  /// Uniform on (-1 / sqrt(n), 1 / sqrt(n)), n = outputs times kernel, as PyTorch's default.
  package func declare(in layout: inout ParameterLayout) {
    let bound = 1 / Double(geometry.unfolded).squareRoot()
    let shape = [inputs, geometry.kernelHeight, geometry.kernelWidth, geometry.channels]
    layout.add(
      "\(name).weight", shape, .uniform(bound: bound), published: .channelsFirst(shape))
    if let norm { return norm.declare(in: &layout) }
    layout.add("\(name).bias", [geometry.channels], .uniform(bound: bound))
  }

  /// [rows outHeight outWidth, inputs] in any shape -> [rows height width, channels].
  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation = .identity
  ) -> Tensor {
    let graph = scope.graph
    let weight = scope["\(name).weight"].viewed(as: [inputs, geometry.unfolded])
    let product = graph.multiply(
      x.viewed(as: [x.shape.count / inputs, inputs]), weight, label: "\(name) product")
    let image = graph.fold(product, geometry)
    let normal = norm?(image, scope, rowsPerImage: geometry.height * geometry.width)
    return graph.biasActivation(
      normal ?? image, scope[norm?.beta ?? "\(name).bias"], activation, label: "\(name) output")
  }
}
