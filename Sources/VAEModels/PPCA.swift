import Graph
import NeuralNetwork

/// Probabilistic PCA as a model like any other (Tipping & Bishop 1999): the linear Gaussian decoder x = W z + b + sigma eps, and as
/// encoder the exact posterior, which is linear and of one covariance for all images. Its parameters are fitted, not trained.
struct PPCA: Model {
  let configuration: ModelConfiguration
  var likelihood: any Likelihood { linear.likelihood }
  private let linear: DenseVAE

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    linear = DenseVAE(configuration)
  }

  func declare(in layout: inout ParameterLayout) { linear.declare(in: &layout) }
  func posterior(_ x: Tensor, _ scope: ParameterScope) -> Tensor { linear.posterior(x, scope) }
  func decode(_ z: Tensor, _ scope: ParameterScope) -> Tensor { linear.decode(z, scope) }
}
