import Compute
import Graph
import NeuralNetwork

/// The forward pass over a batch of device images, recorded once for training and for evaluation: gather, posterior, one
/// sample of z with its KL, log-likelihood.
struct ForwardPass {
  /// The streams of noise that a use of the pass draws from.
  struct Noise {
    let posterior: Philox.Purpose
    let binarisation: Philox.Purpose
    var isTraining: Bool { posterior == .trainingNoise }

    static let training = Noise(posterior: .trainingNoise, binarisation: .trainingBinarisation)
    static let evaluation = Noise(
      posterior: .evaluationNoise, binarisation: .evaluationBinarisation)
  }

  /// [rows, 2M]: means, then log-variances.
  let posterior: Tensor
  /// [rows]
  let kl: Tensor
  /// [rows]
  let logLikelihood: Tensor
  let state: Tensor
  /// The buffers that the pass needs.
  let storages: [String: any DeviceBuffer]

  init(
    _ vae: VAE, _ scope: ParameterScope, rows: Int, images: DeviceImages, inputs: StepInputs,
    binarization: Binarization, noise: Noise
  ) {
    let graph = scope.graph
    let order = images.orderTensor(in: graph)
    state = StepInputs.stateTensor(in: graph)
    let x = graph.gatherImages(
      images.pixelTensor(in: graph), order: order, state: state, rows: rows,
      binarization: binarization, purpose: noise.binarisation, split: images.splitDraw)
    posterior = vae.model.posterior(x, scope)
    let sample = graph.reparameterise(
      posterior, order: order, state: state, purpose: noise.posterior)
    kl = sample.kl
    logLikelihood = vae.model.likelihood.logLikelihood(
      features: vae.model.decode(sample.z, scope), x: x, scope,
      step: noise.isTraining ? state : nil)
    storages = [
      ParameterScope.storage: vae.parameters, DeviceImages.pixelStorage: images.pixels,
      DeviceImages.orderStorage: images.order, StepInputs.stateStorage: inputs.state,
    ]
  }
}
