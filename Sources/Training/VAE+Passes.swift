import Compute
import Graph
import NeuralNetwork

/// A program with one input buffer and one output tensor, for a fixed number of rows.
final class BoundPass {
  private let program: Program
  private let input: any DeviceBuffer
  private let output: Tensor
  private let backend: any Backend

  private static let storage = "input"

  init(
    rows: Int, columns: Int, vae: VAE, build: (Tensor, ParameterScope) -> Tensor
  ) throws(ComputeError) {
    backend = vae.device.backend
    let graph = Graph()
    let scope = ParameterScope(vae.layout, in: graph)
    input = try backend.allocate(byteCount: rows * columns * backend.realType.byteCount)
    output = build(graph.placed([rows, columns], in: Self.storage), scope)
    program = try Program(
      graph, outputs: [output], backend: backend,
      storages: [ParameterScope.storage: vae.parameters, Self.storage: input])
  }

  func callAsFunction(_ values: [Float]) throws(ComputeError) -> [Float] {
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
  public func encode(_ images: [Float]) throws -> [Float] {
    try inPasses(images, columns: configuration.image.count, cache: \.encoders) { x, scope in
      model.posterior(x, scope)
    }
  }

  /// E[x|z] of each row of M latents: rows of `configuration.image.count` values.
  public func decode(_ latents: [Float]) throws -> [Float] {
    try inPasses(latents, columns: configuration.latent, cache: \.decoders) { z, scope in
      model.likelihood.mean(features: model.decode(z, scope), scope)
    }
  }

  private func inPasses(
    _ values: [Float], columns: Int, cache: ReferenceWritableKeyPath<VAE, [Int: BoundPass]>,
    build: (Tensor, ParameterScope) -> Tensor
  ) throws -> [Float] {
    precondition(values.count % columns == 0, "\(values.count) values in rows of \(columns)")
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
      result += try pass(Array(values[start..<end]))
    }
    return result
  }
}
