import Compute
import Datasets
import FileFormats
import Graph
import NeuralNetwork

/// A program with one input buffer and one output tensor, for a fixed number of rows.
final class BoundPass {
  private let program: Program
  private let input: any DeviceBuffer
  private let output: Tensor
  private let backend: any Backend
  /// What noise in the pass is drawn from.
  private let inputs: StepInputs

  private static let storage = "input"

  init(
    rows: Int, columns: Int, vae: VAE, build: (Tensor, ParameterScope, Tensor) -> Tensor
  ) throws(ComputeError) {
    backend = vae.device.backend
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph)
    input = try backend.allocate(byteCount: rows * columns * backend.realType.byteCount)
    inputs = try StepInputs(backend)
    output = build(
      graph.placed([rows, columns], in: Self.storage), scope, StepInputs.stateTensor(in: graph))
    program = try Program(
      graph, outputs: [output], backend: backend,
      storages: [
        ParameterScope.storage: vae.parameters, Self.storage: input,
        StepInputs.stateStorage: inputs.state,
      ])
  }

  /// - Parameter firstRow: of all rows that one call of the user is about; keys noise together with the seed.
  func callAsFunction(
    _ values: [Float], seed: UInt64, firstRow: Int
  ) throws(ComputeError) -> [Float] {
    try inputs.write(seed: seed, step: 0, batchStart: firstRow)
    try backend.upload(reals: values, to: BufferView(input))
    try program.run()
    return try program.read(output)
  }
}

extension VAE {
  /// Rows per program when many are asked for.
  private static let passRows = 512

  /// The posterior of each image: rows of M means, then M log-variances.
  ///
  /// - Parameter images: rows of `configuration.image.count` values in [0, 1].
  ///
  /// Throws `ArgumentError` for values that are not a whole number of rows, as `decode` and `draw` do.
  public func encode(_ images: [Float]) throws -> [Float] {
    try inPasses("encode(images)", images, columns: configuration.image.count, cache: \.encoders) {
      x, scope, _ in
      model.posterior(x, scope)
    }
  }

  /// E[x|z] of each row of M latents: rows of `configuration.image.count` values.
  public func decode(_ latents: [Float]) throws -> [Float] {
    try inPasses("decode(latents)", latents, columns: configuration.latent, cache: \.decoders) {
      z, scope, _ in
      model.likelihood.mean(heads: model.decode(z, scope), scope)
    }
  }

  /// A draw of x from p(x|z) for each row of M latents: rows of `configuration.image.count` values. A function of
  /// (seed, row).
  public func draw(latents: [Float], seed: UInt64) throws -> [Float] {
    try inPasses(
      "draw(latents)", latents, columns: configuration.latent, cache: \.drawers, seed: seed
    ) {
      z, scope, state in
      model.likelihood.draw(
        heads: model.decode(z, scope), scope, step: state, purpose: .pixelDraw)
    }
  }

  private func inPasses(
    _ call: String, _ values: [Float], columns: Int,
    cache: ReferenceWritableKeyPath<VAE, [Int: BoundPass]>, seed: UInt64 = 0,
    build: (Tensor, ParameterScope, Tensor) -> Tensor
  ) throws -> [Float] {
    try ArgumentError.check(
      values.count.isMultiple(of: columns), call, "\(values.count) values in rows of \(columns)")
    var result: [Float] = []
    for start in stride(from: 0, to: values.count, by: Self.passRows * columns) {
      let end = min(values.count, start + Self.passRows * columns)
      let rows = (end - start) / columns
      let pass: BoundPass
      if let cached = self[keyPath: cache][rows] {
        pass = cached
      } else {
        pass = try BoundPass(rows: rows, columns: columns, vae: self, build: build)
        self[keyPath: cache][rows] = pass
      }
      result += try pass(Array(values[start..<end]), seed: seed, firstRow: start / columns)
    }
    return result
  }
}
