import Compute
import Graph
import NeuralNetwork
import Training

extension Trainer {
  /// The tensors of an arena laid out as the parameters, in the layout's order.
  func doubles(_ arena: any DeviceBuffer) throws -> [[Double]] {
    let all = try vae.device.backend.downloadReals(
      BufferView(arena), count: vae.layout.elementCount)
    return vae.layout.parameters.map { Array(all[$0.offset..<($0.offset + $0.count)]) }
  }

  func parameters() throws -> [[Double]] { try doubles(vae.parameters) }
  func gradients() throws -> [[Double]] { try doubles(optimizer.gradients) }

  /// The order of the samples of the current epoch.
  func order() throws -> [UInt32] {
    var words = [UInt32](repeating: 0, count: train.source.count)
    try words.withUnsafeMutableBytes {
      try vae.device.backend.download(BufferView(train.order, byteCount: $0.count), into: $0)
    }
    return words
  }

  /// The images of the step just taken.
  func batch(rows: Int) throws -> [UInt32] {
    Array(try order()[(progress.position - rows)..<progress.position])
  }

  /// x and eps of the step just taken, from the trainer's own buffers: a posterior of zeros makes z = eps. With a history
  /// of one step, as these overwrite the step that the device would take next.
  func inputs(rows: Int) throws -> (x: [Double], noise: [Double]) {
    precondition(configuration.logEvery == 1)
    try inputs.write(
      seed: configuration.seed, step: progress.step - 1, batchStart: progress.position - rows)
    let graph = Graph()
    let order = graph.placed([train.source.count], .uint32, in: "order")
    let state = graph.placed([8], .uint32, in: "state")
    let pixels = graph.placed(
      [train.source.count, train.source.pixelsPerImage], .uint8, in: "pixels")
    let x = graph.gatherImages(
      pixels, order: order, state: state, rows: rows, binarization: configuration.binarization,
      purpose: .trainingBinarisation, split: 0)
    let (z, _) = graph.reparameterise(
      graph.zeros([rows, 2 * configuration.latent]), order: order, state: state,
      purpose: .trainingNoise)
    let program = try Program(
      graph, outputs: [x, z], backend: vae.device.backend,
      storages: ["order": train.order, "state": inputs.state, "pixels": train.pixels])
    try program.run()
    return (try program.readDoubles(x), try program.readDoubles(z))
  }
}
