import Compute

/// E[x] of every pixel: heads [rows, heads D], and ln scale where the distribution takes one -> [rows, D].
struct PixelMean: Operation {
  let distribution: PixelDistribution

  var name: String { "\(distribution.name) mean" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([inputs[0].shape.rows, distribution.pixels(inputs, scale: 1)])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let pixels = outputs[0].shape.columns
    return launch(
      "\(distribution.kernel)_mean",
      distribution.tensors(heads: inputs[0], [], scale: inputs.dropFirst().first) + outputs,
      distribution.sizes(pixels: pixels) + distribution.scaleLayout(pixels: pixels),
      .rows(outputs[0].shape.rows))
  }
}

/// A draw of every pixel from Philox noise of (seed, purpose, step, batch start + row, pixel): heads [rows, heads D], state,
/// and ln scale where the distribution takes one -> [rows, D].
struct PixelDraw: Operation {
  let distribution: PixelDistribution
  let purpose: Philox.Purpose

  var name: String { "\(distribution.name) draw" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([inputs[0].shape.rows, distribution.pixels(inputs, scale: 2)])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let pixels = outputs[0].shape.columns
    let tensors = distribution.tensors(
      heads: inputs[0], [], scale: distribution.takesScale ? inputs[2] : nil)
    return launch(
      "\(distribution.kernel)_draw", tensors + [inputs[1]] + outputs,
      distribution.sizes(pixels: pixels) + distribution.scaleLayout(pixels: pixels)
        + [.uint32(purpose.rawValue)], .rows(outputs[0].shape.rows))
  }
}

extension Graph {
  package func mean(
    of distribution: PixelDistribution, heads: Tensor, scale: Tensor? = nil
  ) -> Tensor {
    record(PixelMean(distribution: distribution), [heads] + (scale.map { [$0] } ?? []))[0]
  }

  package func draw(
    from distribution: PixelDistribution, heads: Tensor, state: Tensor, purpose: Philox.Purpose,
    scale: Tensor? = nil
  ) -> Tensor {
    record(
      PixelDraw(distribution: distribution, purpose: purpose),
      [heads, state] + (scale.map { [$0] } ?? []))[0]
  }
}
