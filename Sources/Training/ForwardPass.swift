import Compute
import Graph
import NeuralNetwork

/// The forward pass of a training step over a batch of device images: gather, posterior, one sample of z with its KL,
/// log-likelihood.
struct ForwardPass {
  /// [rows]
  let kl: Tensor
  /// [rows]
  let logLikelihood: Tensor
  let state: Tensor
  /// The buffers that the pass needs.
  let storages: [String: any DeviceBuffer]

  init(
    _ vae: VAE, _ scope: ParameterScope, rows: Int, images: DeviceImages, inputs: StepInputs,
    binarization: Binarization
  ) {
    let graph = scope.graph
    let order = images.orderTensor(in: graph)
    state = StepInputs.stateTensor(in: graph)
    let x = graph.gatherImages(
      images.pixelTensor(in: graph), order: order, state: state, rows: rows,
      binarization: binarization, purpose: .trainingBinarisation, split: images.splitDraw)
    let posterior = vae.model.posterior(x, scope)
    let sample = graph.reparameterise(
      posterior, order: order, state: state, purpose: .trainingNoise)
    kl = sample.kl
    logLikelihood = vae.model.likelihood.logLikelihood(
      features: vae.model.decode(sample.z, scope), x: x, scope,
      step: state)
    storages = [
      ParameterScope.storage: vae.parameters, DeviceImages.pixelStorage: images.pixels,
      DeviceImages.orderStorage: images.order, StepInputs.stateStorage: inputs.state,
    ]
  }
}
