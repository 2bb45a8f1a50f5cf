import Compute
import Graph

/// How a convolutional decoder makes larger images.
public enum Upsampling: String, Sendable, CaseIterable {
  /// Transposed convolutions.
  case transposed
  /// The nearest neighbour, then a convolution that keeps the size: no checkerboards (Odena et al. 2016).
  case nearest
}

/// A convolution of images that were brought to another size by the nearest neighbour.
package struct UpsamplingConvolution: Sendable {
  private let from: (height: Int, width: Int)
  private let convolution: Convolution

  package init(
    _ name: String, inputs: Int, from: (height: Int, width: Int), to geometry: ConvolutionGeometry,
    norm: NormKind
  ) {
    self.from = from
    // Kernels of even size cannot keep the size of an image.
    let kernel = geometry.kernelHeight - (geometry.kernelHeight.isMultiple(of: 2) ? 1 : 0)
    convolution = Convolution(
      name,
      .keepingSize(
        height: geometry.height, width: geometry.width, channels: inputs, kernel: kernel),
      outputs: geometry.channels, norm: norm)
  }

  package func declare(in layout: inout ParameterLayout) { convolution.declare(in: &layout) }

  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation
  ) -> Tensor {
    let geometry = convolution.geometry
    let larger = scope.graph.resize(
      x, height: from.height, width: from.width, channels: geometry.channels,
      toHeight: geometry.height, toWidth: geometry.width)
    return convolution(larger, scope, activation: activation)
  }
}
