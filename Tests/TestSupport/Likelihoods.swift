import Graph

/// The two likelihoods that tests of graphs use.
extension Graph {
  package func bernoulliLogLikelihood(logits: Tensor, x: Tensor) -> Tensor {
    logLikelihood(PixelDistribution("bernoulli", "Bernoulli"), heads: logits, x: x)
  }

  package func gaussianLogLikelihood(mean: Tensor, x: Tensor, logSigma: Tensor) -> Tensor {
    logLikelihood(
      PixelDistribution("gaussian", "Gaussian", scale: .shared), heads: mean, x: x, scale: logSigma)
  }
}
