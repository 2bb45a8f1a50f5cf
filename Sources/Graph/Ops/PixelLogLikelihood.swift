import Compute

/// ln p(x | heads) in nats, summed over the pixels of a row: heads [rows, heads D], x [images, D] with rows = images times
/// samples, and ln scale [1] or [D] where the distribution takes one -> [rows]. Rows i S … i S + S - 1 belong to image i.
struct PixelLogLikelihood: Operation {
  let distribution: PixelDistribution

  var name: String { "\(distribution.name) log-likelihood" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let pixels = distribution.pixels(inputs, scale: 2)
    let (rows, x) = (inputs[0].shape.rows, inputs[1].shape)
    precondition(
      x.rank == 2 && x.columns == pixels && rows % max(x.rows, 1) == 0,
      "\(name) of \(inputs[0].shape) and \(x)")
    return [TensorType([rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      distribution.densityKernel, distribution.densityTensors(inputs) + outputs,
      distribution.densityValues(inputs), .rows(inputs[0].shape.rows), follows: follows)
  }

  private var follows: MatrixEpilogue.Family? { distribution.followsBias ? .bias : nil }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return inputs.map { _ in nil } }
    let graph = gradient.graph
    let parts = graph.record(
      PixelLogLikelihoodBackward(distribution: distribution), inputs + [gradient])
    switch distribution.scale {
    case .none, .predicted: return [parts[0], nil]
    case .shared: return [parts[0], nil, graph.sum(parts[1])]
    case .perPixel: return [parts[0], nil, graph.columnSum(parts[1])]
    }
  }
}

/// d/dheads [rows, heads D], and d/dln scale: [rows] of a shared one, [rows, D] of one for each pixel. The kernel computes the
/// log-likelihood too; fused with the forward operation, that is its last output.
struct PixelLogLikelihoodBackward: Operation {
  let distribution: PixelDistribution
  var givesValue = false

  var name: String {
    givesValue
      ? "\(distribution.name) log-likelihood + gradient"
      : "gradient of the \(distribution.name) log-likelihood"
  }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let rows = inputs[0].shape.rows
    let scale: [TensorType] =
      switch distribution.scale {
      case .none, .predicted: []
      case .shared: [TensorType([rows])]
      case .perPixel: [TensorType([rows, inputs[0].shape.columns / distribution.heads])]
      }
    return [inputs[0]] + scale + [TensorType([rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    // Where ln scale comes from the decoder, its gradient lies in that of the heads.
    let scale: [BoundTensor] =
      switch distribution.scale {
      case .none: []
      case .predicted: [outputs[0]]
      case .shared, .perPixel: [outputs[1]]
      }
    let tensors = distribution.densityTensors(inputs) + [inputs[inputs.count - 1], outputs[0]]
    return launch(
      "\(distribution.densityKernel)_with_gradient",
      tensors + scale + [outputs[outputs.count - 1]], distribution.densityValues(inputs),
      .rows(inputs[0].shape.rows),
      follows: givesValue && distribution.followsBias ? .bias : nil)
  }

  func joined(with other: any Operation) -> (any Operation)? {
    guard !givesValue, let other = other as? PixelLogLikelihood, other.distribution == distribution
    else { return nil }
    return PixelLogLikelihoodBackward(distribution: distribution, givesValue: true)
  }
}

extension PixelDistribution {
  /// Whether the kernels have versions that add the decoder's bias first.
  fileprivate var followsBias: Bool { heads == 1 && scale != .perPixel }

  /// Heads, x and ln scale.
  fileprivate func densityTensors(_ inputs: [BoundTensor]) -> [BoundTensor] {
    tensors(heads: inputs[0], [inputs[1]], scale: takesScale ? inputs[2] : nil)
  }

  fileprivate func densityValues(_ inputs: [BoundTensor]) -> [KernelArgument] {
    let pixels = inputs[1].shape.columns
    return sizes(pixels: pixels, samples: inputs[0].shape.rows / inputs[1].shape.rows)
      + (scale == .shared ? [] : scaleLayout(pixels: pixels))
  }
}

extension Graph {
  /// - Parameter scale: ln scale, where the distribution takes one.
  package func logLikelihood(
    _ distribution: PixelDistribution, heads: Tensor, x: Tensor, scale: Tensor? = nil
  ) -> Tensor {
    precondition((scale != nil) == distribution.takesScale, "ln scale of \(distribution.name)")
    return record(
      PixelLogLikelihood(distribution: distribution), [heads, x] + (scale.map { [$0] } ?? []),
      label: "log-likelihood")[0]
  }
}
