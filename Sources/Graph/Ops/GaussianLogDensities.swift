import Compute

/// ln q(z|x_n) of diagonal Gaussians, without their -M/2 ln 2 pi: z [rows, M], means and inverse standard deviations [M, N] and
/// -sum_j ln s_nj [N] -> [rows, N].
struct GaussianLogDensities: Operation {
  var name: String { "Gaussian log-densities" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (z, means) = (inputs[0].shape, inputs[1].shape)
    precondition(
      z.rank == 2 && means.rank == 2 && z.columns == means.rows && inputs[2].shape == means
        && inputs[3].shape == [means.columns], "\(name) of \(inputs.map(\.shape))")
    return [TensorType([z.rows, means.columns])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let means = inputs[1].shape
    return launch(
      "gaussian_log_densities", inputs + outputs, [.count(means.rows), .count(means.columns)],
      .rows(inputs[0].shape.rows))
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
