import Compute
import Graph

/// y = f(x W' + b): W is [outputs, inputs] and b is [outputs], as in PyTorch's nn.Linear.
package struct Linear: Sendable {
  package let name: String
  package let inputs: Int
  package let outputs: Int

  package init(_ name: String, inputs: Int, outputs: Int) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Both tensors start uniform on (-1 / sqrt(inputs), 1 / sqrt(inputs)), as PyTorch's default.
  package func declare(in layout: inout ParameterLayout) {
    let bound = 1 / Double(inputs).squareRoot()
    layout.add("\(name).weight", [outputs, inputs], .uniform(bound: bound))
    layout.add("\(name).bias", [outputs], .uniform(bound: bound))
  }

  package func callAsFunction(
    _ x: Tensor, _ scope: ParameterScope, activation: Activation = .identity
  ) -> Tensor {
    let product = scope.graph.multiply(
      x, scope["\(name).weight"], transposeB: true, label: "\(name) product")
    return scope.graph.biasActivation(
      product, scope["\(name).bias"], activation, label: "\(name) output")
  }
}

/// Linear layers with one activation after each: `name.0`, `name.1`, ….
package struct DenseStack: Sendable {
  package let layers: [Linear]
  package let activation: Activation
  /// Width of the last layer; the input's where there is none.
  package let outputs: Int

  package init(_ name: String, inputs: Int, widths: [Int], activation: Activation) {
    var layers: [Linear] = []
    var width = inputs
    for (index, next) in widths.enumerated() {
      layers.append(Linear("\(name).\(index)", inputs: width, outputs: next))
      width = next
    }
    self.layers = layers
    self.activation = activation
    outputs = width
  }

  package func declare(in layout: inout ParameterLayout) {
    for layer in layers { layer.declare(in: &layout) }
  }

  package func callAsFunction(_ x: Tensor, _ scope: ParameterScope) -> Tensor {
    layers.reduce(x) { $1($0, scope, activation: activation) }
  }
}
