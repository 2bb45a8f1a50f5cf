import Compute
import Graph
import NeuralNetwork
import VAEModels

/// The device memory of an optimizer: gradients and Adam's moments in arenas laid out as the parameters.
package final class OptimizerState {
  static let gradientStorage = "gradients"
  static let firstStorage = "first moments"
  static let secondStorage = "second moments"
  static let guardStorage = "guard"
  static let historyStorage = "history"

  package let gradients: any DeviceBuffer
  package let firstMoments: any DeviceBuffer
  package let secondMoments: any DeviceBuffer
  /// { clip factor, 1 once a step was not finite }.
  package let guardFlags: any DeviceBuffer
  /// `slots` rows of { loss, log-likelihood, KL, gradient norm }.
  package let history: any DeviceBuffer
  let slots: Int

  init(_ vae: VAE, slots: Int) throws(ComputeError) {
    let backend = vae.device.backend
    let size = backend.realType.byteCount
    let arena = vae.layout.elementCount * size
    gradients = try backend.allocate(byteCount: arena)
    firstMoments = try backend.allocate(byteCount: arena)
    secondMoments = try backend.allocate(byteCount: arena)
    guardFlags = try backend.allocate(byteCount: 2 * size)
    history = try backend.allocate(byteCount: slots * 4 * size)
    self.slots = slots
  }

  var storages: [String: any DeviceBuffer] {
    [
      Self.gradientStorage: gradients, Self.firstStorage: firstMoments,
      Self.secondStorage: secondMoments, Self.guardStorage: guardFlags,
      Self.historyStorage: history,
    ]
  }
}

/// One whole training step for a number of images: gather, objective, backward, gradient norm, Adam. Recorded once. `precision`
/// is that of the operands of its matrix products.
package final class TrainingStep {
  package let program: Program

  init(
    _ vae: VAE, rows: Int, images: DeviceImages, optimizer: OptimizerState, inputs: StepInputs,
    binarization: Binarization, objective: ObjectiveConfiguration, clipNorm: Double,
    adam: AdamSettings, precision: Precision, replays: Bool
  ) throws(ComputeError) {
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph, isTraining: true)
    let step = inputs.tensors(in: graph)
    let order = images.orderTensor(in: graph)
    let x = graph.gatherImages(
      images.pixelTensor(in: graph), order: order, state: step.state, rows: rows,
      binarization: binarization, purpose: .trainingBinarisation, split: images.splitDraw)
    let objective = ObjectiveRegistry.make(objective).loss(
      ObjectiveInputs(
        model: vae.model, scope: scope, x: x, order: order, state: step.state,
        scalars: step.scalars))
    let seed = graph.constant([1, 0, 0], shape: [3])
    let gradients = graph.gradients(of: objective, seed: seed, withRespectTo: scope.all)
    for (parameter, gradient) in zip(vae.layout.parameters, gradients) {
      guard let gradient else { continue }
      let own = graph.isShared(gradient) ? graph.duplicate(gradient) : gradient
      graph.place(
        own, in: OptimizerState.gradientStorage, offset: parameter.offset,
        label: "gradient of \(parameter.name)")
    }
    Self.recordUpdate(
      graph, vae: vae, objective: objective, step: step, optimizer: optimizer, clipNorm: clipNorm,
      adam: adam)
    let own = [
      ParameterScope.storage: vae.parameters, DeviceImages.pixelStorage: images.pixels,
      DeviceImages.orderStorage: images.order,
    ]
    let storages = [own, inputs.storages, optimizer.storages].reduce(into: [:]) {
      $0.merge($1) { first, _ in first }
    }
    program = try Program(
      graph, outputs: [], backend: vae.device.backend, storages: storages, precision: precision,
      replays: replays)
  }

  /// Gradient norm, guard and Adam over the whole arenas.
  private static func recordUpdate(
    _ graph: Graph, vae: VAE, objective: Tensor, step: StepTensors,
    optimizer: OptimizerState, clipNorm: Double, adam: AdamSettings
  ) {
    let arena: Shape = [vae.layout.elementCount]
    let gradients = graph.placed(arena, in: OptimizerState.gradientStorage)
    let guardFlags = graph.placed([2], in: OptimizerState.guardStorage)
    graph.finishBackward(
      gradients: gradients, objective: objective, step: step, guardFlags: guardFlags,
      history: graph.placed([optimizer.slots, 4], in: OptimizerState.historyStorage),
      maximumNorm: clipNorm)
    graph.adam(
      gradient: gradients, scalars: step.update, guardFlags: guardFlags,
      parameter: graph.placed(arena, in: ParameterScope.storage),
      firstMoment: graph.placed(arena, in: OptimizerState.firstStorage),
      secondMoment: graph.placed(arena, in: OptimizerState.secondStorage), settings: adam)
  }
}
