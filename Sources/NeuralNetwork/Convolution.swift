import Compute
import Graph

/// What a convolution and its transpose share: a kernel [maps, kernelHeight, kernelWidth, channels], published with the channels behind
/// the maps, and a bias or a norm in its place for each output.
struct ConvolutionParameters: Sendable {
  let name: String
  let geometry: ConvolutionGeometry
  /// Rows of the kernel as a matrix.
  let maps: Int
  let outputs: Int
  let norm: Norm?

  /// - Parameter places: of the image that comes out, height x width.
  init(
    _ name: String, _ geometry: ConvolutionGeometry, maps: Int, outputs: Int, places: Int,
    norm: NormKind
  ) {
    self.name = name
    self.geometry = geometry
    self.maps = maps
    self.outputs = outputs
    self.norm =
      norm == .none
      ? nil : Norm(name: "\(name).norm", kind: norm, channels: outputs, places: places)
  }

  /// Uniform on (-1 / sqrt(n), 1 / sqrt(n)), n = values of a map, as PyTorch's default.
  func declare(in layout: inout ParameterLayout) {
    let bound = 1 / Double(geometry.unfolded).squareRoot()
    let shape = [maps, geometry.kernelHeight, geometry.kernelWidth, geometry.channels]
    layout.add(
      "\(name).weight", shape, .uniform(bound: bound), published: .channelsFirst(shape))
    if let norm { return norm.declare(in: &layout) }
    layout.add("\(name).bias", [outputs], .uniform(bound: bound))
  }

  /// [maps, kernelHeight kernelWidth channels]
  func weight(_ scope: ParameterScope) -> Tensor {
    scope["\(name).weight"].viewed(as: [maps, geometry.unfolded])
  }

  /// f(x + b), or f of the norm of x.
  func finish(_ x: Tensor, _ scope: ParameterScope, activation: Activation) -> Tensor {
    let normal = norm?(x, scope)
    return scope.graph.biasActivation(
      normal ?? x, scope[norm?.beta ?? "\(name).bias"], activation, label: "\(name) output")
  }
}

/// y = f(W * x + b) on images [rows, height width channels], channels last (PyTorch's nn.Conv2d; Dumoulin & Visin 2016, section 2).
/// The weight is published as [out, in, kernelHeight, kernelWidth].
package struct Convolution: Sendable {
  private let parameters: ConvolutionParameters

  package init(
    _ name: String, _ geometry: ConvolutionGeometry, outputs: Int, norm: NormKind = .none
  ) {
    parameters = ConvolutionParameters(
      name, geometry, maps: outputs, outputs: outputs,
      places: geometry.outHeight * geometry.outWidth, norm: norm)
  }

  package var name: String { parameters.name }
  package var geometry: ConvolutionGeometry { parameters.geometry }

  package func declare(in layout: inout ParameterLayout) { parameters.declare(in: &layout) }

  /// [rows, …] -> [rows outHeight outWidth, outputs].
  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation = .identity
  ) -> Tensor {
    let product = scope.graph.multiply(
      scope.graph.unfold(x, geometry), parameters.weight(scope), transposeB: true,
      label: "\(name) product")
    return parameters.finish(product, scope, activation: activation)
  }
}

/// y = f(W' * x + b): the transpose of a convolution that maps images of `geometry` to the size of x (PyTorch's nn.ConvTranspose2d, the
/// output padding being what makes the size). The weight is published as [in, out, kernelHeight, kernelWidth].
package struct TransposedConvolution: Sendable {
  private let parameters: ConvolutionParameters

  /// - Parameter geometry: of the images that come out.
  package init(
    _ name: String, inputs: Int, to geometry: ConvolutionGeometry, norm: NormKind = .none
  ) {
    parameters = ConvolutionParameters(
      name, geometry, maps: inputs, outputs: geometry.channels,
      places: geometry.height * geometry.width, norm: norm)
  }

  package func declare(in layout: inout ParameterLayout) { parameters.declare(in: &layout) }

  /// [rows outHeight outWidth, inputs] in any shape -> [rows height width, channels].
  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation = .identity
  ) -> Tensor {
    let (geometry, inputs) = (parameters.geometry, parameters.maps)
    let product = scope.graph.multiply(
      x.viewed(as: [x.shape.count / inputs, inputs]), parameters.weight(scope),
      label: "\(parameters.name) product")
    return parameters.finish(
      scope.graph.fold(product, geometry), scope, activation: activation)
  }
}
