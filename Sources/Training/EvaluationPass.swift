import Compute
import Graph
import NeuralNetwork

/// The device memory of an evaluation, by the storages of its passes.
struct EvaluationBuffers {
  static let pixels = "binarised images"
  static let posteriors = "posteriors"
  static let sums = "importance sums"

  /// The seed, the number of draws before those of the pass, and its first image.
  let inputs: StepInputs
  /// [images, D] and [images, 2M] of the images of a pass.
  let pixels: any DeviceBuffer
  let posteriors: any DeviceBuffer
  /// Six numbers of every image of the set.
  let sums: any DeviceBuffer

  init(_ vae: VAE, images: Int, imagesPerPass: Int) throws(ComputeError) {
    let backend = vae.device.backend
    let size = backend.realType.byteCount
    inputs = try StepInputs(backend)
    pixels = try backend.allocate(
      byteCount: imagesPerPass * vae.configuration.image.count * size)
    posteriors = try backend.allocate(
      byteCount: imagesPerPass * 2 * vae.configuration.latent * size)
    sums = try backend.allocate(byteCount: images * Graph.importanceSumsWidth * size)
  }

  fileprivate func storages(_ vae: VAE, _ images: DeviceImages) -> [String: any DeviceBuffer] {
    [
      ParameterScope.storage: vae.parameters, DeviceImages.pixelStorage: images.pixels,
      DeviceImages.orderStorage: images.order, StepInputs.stateStorage: inputs.state,
      Self.pixels: pixels, Self.posteriors: posteriors, Self.sums: sums,
    ]
  }
}

/// What all draws of some images share, recorded once: gather and posterior.
struct EncodingPass {
  let program: Program
  /// [images, 2M]: means, then log-variances.
  let posterior: Tensor

  init(
    _ vae: VAE, images: DeviceImages, count: Int, binarization: Binarization,
    buffers: EvaluationBuffers
  ) throws(ComputeError) {
    let graph = Graph()
    let x = graph.gatherImages(
      images.pixelTensor(in: graph), order: images.orderTensor(in: graph),
      state: StepInputs.stateTensor(in: graph), rows: count, binarization: binarization,
      purpose: .evaluationBinarisation, split: images.splitDraw)
    graph.place(x, in: EvaluationBuffers.pixels, offset: 0, label: "x")
    posterior = vae.model.posterior(x, ParameterScope(vae.layout, in: graph))
    graph.place(posterior, in: EvaluationBuffers.posteriors, offset: 0, label: "posterior")
    program = try Program(
      graph, outputs: [], backend: vae.device.backend, storages: buffers.storages(vae, images))
  }
}

/// The reconstructions of the images of an encoding pass, recorded once.
struct ReconstructionPass {
  let program: Program
  /// |x - E[x|z]|^2 with z = E[z|x], summed over pixels: [images].
  let squaredError: Tensor

  init(
    _ vae: VAE, images: DeviceImages, count: Int, buffers: EvaluationBuffers
  ) throws(ComputeError) {
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph)
    let posterior = graph.placed(
      [count, 2 * vae.configuration.latent], in: EvaluationBuffers.posteriors)
    let x = graph.placed([count, vae.configuration.image.count], in: EvaluationBuffers.pixels)
    let mean = vae.model.likelihood.mean(
      heads: vae.model.decode(graph.posteriorMean(posterior), scope), scope)
    squaredError = graph.squaredDistance(mean: mean, x: x)
    program = try Program(
      graph, outputs: [squaredError], backend: vae.device.backend,
      storages: buffers.storages(vae, images))
  }
}

/// Draws of the images of an encoding pass, recorded once: S of z for each image, the log-likelihood of each, and the sums
/// that bounds are made of. With means, the one draw of z is the posterior mean, and has no weight.
struct DrawingPass {
  let program: Program

  init(
    _ vae: VAE, images: DeviceImages, count: Int, samples: Int, takesMeans: Bool,
    buffers: EvaluationBuffers
  ) throws(ComputeError) {
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph)
    let state = StepInputs.stateTensor(in: graph)
    let posterior = graph.placed(
      [count, 2 * vae.configuration.latent], in: EvaluationBuffers.posteriors)
    let x = graph.placed([count, vae.configuration.image.count], in: EvaluationBuffers.pixels)
    let draws =
      takesMeans
      ? (z: graph.posteriorMean(posterior), logRatio: graph.zeros([count]))
      : graph.posteriorDraws(
        posterior, samples: samples, order: images.orderTensor(in: graph), state: state,
        purpose: .evaluationNoise, drawsAreSteps: true)
    let logLikelihood = vae.model.likelihood.logLikelihood(
      heads: vae.model.decode(draws.z, scope), x: x, scope)
    graph.accumulateImportance(
      logLikelihood: logLikelihood, logRatio: draws.logRatio, state: state,
      sums: graph.placed(
        [images.source.count, Graph.importanceSumsWidth], in: EvaluationBuffers.sums),
      samples: samples)
    program = try Program(
      graph, outputs: [], backend: vae.device.backend, storages: buffers.storages(vae, images))
  }
}
