import Compute
import Graph

/// y = f(x W' + b): W is [outputs, inputs] and b is [outputs], as in PyTorch's nn.Linear.
package struct Linear: Sendable {
  package let name: String
  package let inputs: Int
  package let outputs: Int
  /// [height, width, channels] of an image that is flattened to the inputs, or that the outputs are.
  var inputImage: [Int]?
  var outputImage: [Int]?

  package init(
    _ name: String, inputs: Int, outputs: Int, inputImage: [Int]? = nil, outputImage: [Int]? = nil
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.inputImage = inputImage
    self.outputImage = outputImage
  }

  /// Both tensors start uniform on (-1 / sqrt(inputs), 1 / sqrt(inputs)), as PyTorch's default.
  package func declare(in layout: inout ParameterLayout) {
    let bound = 1 / Double(inputs).squareRoot()
    precondition(inputImage == nil || outputImage == nil, "\(name) is between two images")
    layout.add(
      "\(name).weight", [outputs, inputs], .uniform(bound: bound),
      published: inputImage.map { .columns(of: $0, outputs: outputs) }
        ?? outputImage.map { .rows(of: $0, inputs: inputs) })
    layout.add(
      "\(name).bias", [outputs], .uniform(bound: bound),
      published: outputImage.map { .rows(of: $0, inputs: nil) })
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

/// What a hidden layer is.
public enum LayerKind: String, Sendable, CaseIterable {
  /// f(W x + b).
  case plain
  /// (W x + b) sigmoid(V x + c), without an activation (Dauphin et al. 2017). The weight is [2 outputs, inputs]: W, then V.
  case gated
}

/// Linear layers with one activation after each, or gated ones: `name.0`, `name.1`, ….
package struct DenseStack: Sendable {
  package let layers: [Linear]
  package let activation: Activation
  package let kind: LayerKind
  /// Width of the last layer; the input's where there is none.
  package let outputs: Int

  package init(
    _ name: String, inputs: Int, widths: [Int], activation: Activation, kind: LayerKind = .plain,
    inputImage: [Int]? = nil
  ) {
    var layers: [Linear] = []
    var width = inputs
    for (index, next) in widths.enumerated() {
      let outputs = kind == .gated ? 2 * next : next
      layers.append(
        Linear(
          "\(name).\(index)", inputs: width, outputs: outputs,
          inputImage: index == 0 ? inputImage : nil))
      width = next
    }
    self.layers = layers
    self.activation = activation
    self.kind = kind
    outputs = width
  }

  package func declare(in layout: inout ParameterLayout) {
    for layer in layers { layer.declare(in: &layout) }
  }

  package func callAsFunction(_ x: Tensor, _ scope: ParameterScope) -> Tensor {
    layers.reduce(x) { x, layer in
      switch kind {
      case .plain: layer(x, scope, activation: activation)
      case .gated: scope.graph.gate(layer(x, scope), label: "\(layer.name) gated")
      }
    }
  }
}
