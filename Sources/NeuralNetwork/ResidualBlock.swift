import Compute
import Graph

/// y = x + conv(f(conv(x))) with kernels of 3 that keep the size (He et al. 2016, section 3.2, the sum without an activation behind):
/// `name.0` and `name.1`.
package struct ResidualBlock: Sendable {
  private let first: Convolution
  private let second: Convolution

  package init(_ name: String, height: Int, width: Int, channels: Int, norm: NormKind) {
    let geometry = ConvolutionGeometry.keepingSize(
      height: height, width: width, channels: channels, kernel: 3)
    first = Convolution("\(name).0", geometry, outputs: channels, norm: norm)
    second = Convolution("\(name).1", geometry, outputs: channels, norm: norm)
  }

  package func declare(in layout: inout ParameterLayout) {
    first.declare(in: &layout)
    second.declare(in: &layout)
  }

  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation
  ) -> Tensor {
    let change = second(first(x, scope, activation: activation), scope)
    return scope.graph.add(x.viewed(as: change.shape), change)
  }
}
