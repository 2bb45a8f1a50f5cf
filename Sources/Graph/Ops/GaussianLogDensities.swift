import Compute

/// ln q(z|x_n) of diagonal Gaussians, without their -M/2 ln 2 pi: z [draws, M], means and inverse
/// standard deviations [blocks, M, 64] and -sum_j ln s_nj [N] -> [draws, N].
struct GaussianLogDensities: Operation {
  var name: String { "Gaussian log-densities" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (z, means, scales) = (inputs[0].shape, inputs[1].shape, inputs[3].shape)
    let block = GaussianBlocks.images
    precondition(
      z.rank == 2 && means == [(scales.count + block - 1) / block, z.columns, block]
        && inputs[2].shape == means, "\(name) of \(inputs.map(\.shape))")
    return [TensorType([z.rows, scales.count])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let z = inputs[0].shape
    let parts = (z.rows + GaussianBlocks.draws - 1) / GaussianBlocks.draws
    return launch(
      "gaussian_log_densities", inputs + outputs,
      [.count(z.rows), .count(z.columns), .count(inputs[3].count)],
      .rows(parts * inputs[1].shape[0]))
  }
}

/// The layout of many diagonal Gaussians: blocks of 64, [blocks, M, 64], the last one filled up.
package enum GaussianBlocks {
  /// DENSITY_IMAGES and DENSITY_DRAWS of Kernels/posterior.cl.
  package static let images = 64
  static let draws = 8

  /// Values of N Gaussians in blocks. `value` gives that of a Gaussian and a dimension.
  package static func arranged(
    count: Int, dimensions: Int, filling: Float,
    _ value: (_ gaussian: Int, _ dimension: Int) -> Float
  ) -> [Float] {
    let blocks = (count + images - 1) / images
    var values = [Float](repeating: filling, count: blocks * dimensions * images)
    for gaussian in 0..<count {
      let (block, place) = gaussian.quotientAndRemainder(dividingBy: images)
      for dimension in 0..<dimensions {
        values[(block * dimensions + dimension) * images + place] = value(gaussian, dimension)
      }
    }
    return values
  }
}

extension Graph {
  /// ln N(z; mu_n, diag s_n^2) + M/2 ln 2 pi of every z and every Gaussian; without a gradient.
  package func gaussianLogDensities(
    _ z: Tensor, means: Tensor, inverseDeviations: Tensor, logScales: Tensor
  ) -> Tensor {
    record(GaussianLogDensities(), [z, means, inverseDeviations, logScales])[0]
  }
}
