import Compute
import Datasets
import FileFormats
import Foundation
import Graph
import NeuralNetwork
import VAEModels

/// ln p(x) = ln integral p(x|z) p(z) dz of images under a model with two latents, by the trapezoidal rule on a square grid: what
/// the IWAE bound comes up to.
public struct Quadrature: Sendable {
  /// ln p(x) in nats, averaged over images.
  public var logLikelihood: Double
  /// Its change from a grid with every other point: an estimate of the error.
  public var error: Double
  /// Grid points of each axis.
  public var points: Int
  /// The grid covers [-extent, extent] in both latents.
  public var extent: Double
}

extension VAE {
  /// - Parameters:
  ///   - points: of each axis; the grid covers the posterior means by six standard deviations, and the prior.
  ///   - progress: is told the part that is done, now and then.
  ///   - stop: looked at now and then; true ends it with `CancellationError`.
  public func quadrature(
    _ images: ImageSet, binarization: Binarization? = nil, points: Int = 400, seed: UInt64 = 0,
    progress: (Double) -> Void = { _ in }, stop: () -> Bool = { false }
  ) throws -> Quadrature {
    try check(images, "quadrature(images)")
    try ArgumentError.check(
      configuration.latent == 2, "quadrature(images)",
      "the model has \(configuration.latent) latents, and 2 are needed")
    try ArgumentError.check(
      (4...65_536).contains(points), "quadrature(points)", "\(points) points, at least 4 are needed"
    )
    let pass = try QuadraturePass(
      self, images: images,
      binarization: binarization ?? (model.likelihood.isBinary ? .dynamic : .none), seed: seed)
    func mean(_ points: Int, from first: Double) throws -> Double {
      let values = try pass.run(points: points, stop: stop) {
        progress(first + (first == 0 ? 0.2 : 0.8) * $0)
      }
      return values.reduce(0, +) / Double(values.count)
    }
    let coarse = try mean((points + 1) / 2, from: 0)
    let fine = try mean(points, from: 0.2)
    return Quadrature(
      logLikelihood: fine, error: abs(fine - coarse), points: points, extent: pass.extent)
  }
}

/// The programs of a quadrature: grid points are decoded once for all images, images meet them one by one.
private final class QuadraturePass {
  /// Grid points at once.
  private static let rows = 512
  private static let latents = "grid points"
  private static let heads = "heads"
  private static let image = "image"
  private static let logWeights = "log weights"

  let extent: Double
  private let vae: VAE
  private let count: Int
  /// [images, D], as the encoder gets them.
  private let pixels: [Double]
  private let inputs: StepInputs
  private let sums: any DeviceBuffer
  private let gridPoints: any DeviceBuffer
  private let image: any DeviceBuffer
  private let logWeights: any DeviceBuffer
  private let decoding: Program
  private let meeting: Program

  init(_ vae: VAE, images: ImageSet, binarization: Binarization, seed: UInt64) throws {
    self.vae = vae
    count = images.count
    let backend = vae.device.backend
    let buffers = try EvaluationBuffers(vae, images: images.count, imagesPerPass: images.count)
    inputs = buffers.inputs
    sums = buffers.sums
    let encoding = try EncodingPass(
      vae, images: DeviceImages(images, backend: backend), count: images.count,
      binarization: binarization, buffers: buffers)
    try inputs.write(seed: seed, step: 0, batchStart: 0)
    try encoding.program.run()
    let columns = vae.configuration.image.count
    pixels = try backend.downloadReals(
      BufferView(buffers.pixels), count: images.count * columns)
    extent = Self.extent(of: try encoding.program.readDoubles(encoding.posterior))

    let (rows, heads) = (Self.rows, vae.model.likelihood.distribution.heads * columns)
    let size = backend.realType.byteCount
    gridPoints = try backend.allocate(byteCount: rows * 2 * size)
    image = try backend.allocate(byteCount: columns * size)
    logWeights = try backend.allocate(byteCount: rows * size)
    let storages = [
      ParameterScope.storage: vae.parameters, StepInputs.stateStorage: inputs.state,
      EvaluationBuffers.sums: sums,
      Self.latents: gridPoints,
      Self.heads: try backend.allocate(byteCount: rows * heads * size),
      Self.image: image,
      Self.logWeights: logWeights,
    ]
    var graph = Graph()
    var scope = ParameterScope(vae.layout, in: graph)
    graph.place(
      vae.model.decode(graph.placed([rows, 2], in: Self.latents), scope), in: Self.heads,
      offset: 0, label: "heads")
    decoding = try Program(graph, outputs: [], backend: backend, storages: storages)

    graph = Graph()
    scope = ParameterScope(vae.layout, in: graph)
    let logLikelihood = vae.model.likelihood.logLikelihood(
      heads: graph.placed([rows, heads], in: Self.heads),
      x: graph.placed([1, columns], in: Self.image), scope)
    graph.accumulateImportance(
      logLikelihood: logLikelihood, logRatio: graph.placed([rows], in: Self.logWeights),
      state: StepInputs.stateTensor(in: graph),
      sums: graph.placed([count, Graph.importanceSumsWidth], in: EvaluationBuffers.sums),
      samples: rows)
    meeting = try Program(graph, outputs: [], backend: backend, storages: storages)
  }

  /// Far enough for the prior and for every posterior.
  private static func extent(of posteriors: [Double]) -> Double {
    var extent = 6.0
    for row in stride(from: 0, to: posteriors.count, by: 4) {
      for j in row..<(row + 2) {
        extent = max(extent, abs(posteriors[j]) + 6 * exp(posteriors[j + 2] / 2))
      }
    }
    return extent
  }

  /// ln p(x) of each image.
  func run(
    points: Int, stop: () -> Bool, progress: (Double) -> Void
  ) throws -> [Double] {
    let backend = vae.device.backend
    let step = 2 * extent / Double(points - 1)
    let (rows, columns) = (Self.rows, vae.configuration.image.count)
    for (pass, start) in stride(from: 0, to: points * points, by: rows).enumerated() {
      var z: [Double] = []
      var weights: [Double] = []
      for index in start..<(start + rows) {
        let (first, second) = (index % points, min(index / points, points - 1))
        let point = [first, second].map { -extent + step * Double($0) }
        z += point
        let logPrior = -log(2 * .pi) - (point[0] * point[0] + point[1] * point[1]) / 2
        // Points behind the last one fill the pass and weigh nothing.
        weights.append(index < points * points ? logPrior + 2 * log(step) : -1e30)
      }
      try backend.upload(reals: z, to: BufferView(gridPoints))
      try backend.upload(reals: weights, to: BufferView(logWeights))
      try decoding.run()
      progress(Double(start) / Double(points * points))
      for index in 0..<count {
        if stop() { throw CancellationError() }
        try inputs.write(seed: 0, step: pass, batchStart: index)
        try backend.upload(
          reals: Array(pixels[(index * columns)..<((index + 1) * columns)]), to: BufferView(image))
        try meeting.run()
      }
    }
    let numbers = try backend.downloadReals(
      BufferView(sums), count: count * Graph.importanceSumsWidth)
    return (0..<count).map { index in
      let row = index * Graph.importanceSumsWidth
      return numbers[row + 3] + log1p(numbers[row + 4])
    }
  }
}
