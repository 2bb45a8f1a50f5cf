import Compute
import Graph
import TestSupport
import Testing

/// Products that read and write images leave the bits of products with what `unfold` and `fold` made.
@Suite("Convolutions without unfolded images") @MainActor struct ConvolutionFusionTests {
  @Test(arguments: ConvolutionCase.all, TestDevice.all)
  func `fused convolutions leave the bits of the recorded operations`(
    _ row: ConvolutionCase, _ device: TestDevice
  ) throws {
    let backend = try device.open()
    let fused = try row.run(on: backend, fuses: true)
    let unfused = try row.run(on: backend, fuses: false)
    expectSame(fused.values, unfused.values)
    if device.isExact {
      expectSame(fused.values, try row.run(on: TestDevice.cpu[0].open(), fuses: false).values)
    }
    let names = fused.launches.map(\.operation)
    if backend.multipliesImages(in: .fp32) {
      #expect(!names.contains("unfold") && !names.contains("fold"))
      #expect(names.count { $0.contains("unfold + matrix product") } == 4)
      #expect(names.count { $0.contains("matrix product + fold") } == 2)
    } else {
      #expect(names.contains("unfold") && names.contains("fold"))
    }
  }

  private func expectSame(
    _ values: [[Double]], _ expected: [[Double]], _ location: SourceLocation = #_sourceLocation
  ) {
    for (index, pair) in zip(values, expected).enumerated() {
      let areEqual = pair.0.map(\.bitPattern) == pair.1.map(\.bitPattern)
      #expect(areEqual, "result \(index), seed \(testSeed)", sourceLocation: location)
      #expect(pair.0.contains { $0 != 0 }, "result \(index)", sourceLocation: location)
    }
  }
}

/// A convolution with an activation, then a transposed one back to the size of the images, and all their gradients.
struct ConvolutionCase: CustomTestStringConvertible {
  let images: Int
  let geometry: ConvolutionGeometry
  var outputs = 5

  var testDescription: String {
    let g = geometry
    return
      "matrix products with \(images) x \(g.height)x\(g.width)x\(g.channels), kernel \(g.kernelHeight)x\(g.kernelWidth), "
      + "stride \(g.stride), padding \(g.padding), \(outputs) maps"
  }

  /// Sizes on both sides of what a task takes: some images at a time, one, some of its lines, a line.
  static let all: [ConvolutionCase] = cases.filter { TestNames.isSelected($0.testDescription) }

  private static let cases: [ConvolutionCase] =
    [
      ConvolutionCase(images: 1, geometry: geometry(6, 4, 3, 4, 4, 2, 1)),
      ConvolutionCase(images: 2, geometry: geometry(5, 7, 1, 3, 3, 1, 1)),
      ConvolutionCase(images: 3, geometry: geometry(7, 4, 17, 3, 2, 2, 0)),
      ConvolutionCase(images: 3, geometry: geometry(8, 9, 2, 5, 3, 3, 2)),
      ConvolutionCase(images: 2, geometry: geometry(4, 3, 5, 1, 1, 1, 0)),
      ConvolutionCase(images: 2, geometry: geometry(9, 9, 2, 2, 2, 3, 1)),
      ConvolutionCase(images: 2, geometry: geometry(2, 2, 4, 5, 5, 2, 3)),
      ConvolutionCase(images: 2, geometry: geometry(3, 5, 3, 2, 3, 2, 5)),
      ConvolutionCase(images: 2, geometry: geometry(11, 12, 3, 1, 2, 5, 0)),
    ]
    + (TestSizes.isSmall
      ? []
      : [
        ConvolutionCase(images: 37, geometry: geometry(14, 14, 32, 4, 4, 2, 1), outputs: 33),
        ConvolutionCase(images: 1, geometry: geometry(64, 48, 32, 4, 4, 2, 1)),
        ConvolutionCase(images: 2, geometry: geometry(40, 120, 24, 5, 5, 1, 2), outputs: 13),
        ConvolutionCase(images: 1, geometry: geometry(9, 400, 32, 5, 5, 1, 2)),
        ConvolutionCase(images: 1, geometry: geometry(31, 200, 32, 3, 7, 3, 1), outputs: 40),
        ConvolutionCase(images: 1, geometry: geometry(200, 300, 32, 2, 2, 3, 7), outputs: 40),
      ])

  private static func geometry(
    _ height: Int, _ width: Int, _ channels: Int, _ kernelHeight: Int, _ kernelWidth: Int,
    _ stride: Int, _ padding: Int
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth, stride: stride, padding: padding)
  }

  @MainActor func run(
    on backend: any Backend, fuses: Bool
  ) throws -> (values: [[Double]], launches: [LaunchDescription]) {
    let recording = Recording()
    let graph = recording.graph
    var generator = SeededGenerator("convolution fusion")
    func input(_ shape: Shape) -> Tensor { recording.random(shape, -1, 1, &generator) }
    let places = images * geometry.outHeight * geometry.outWidth
    let pixels = images * geometry.height * geometry.width
    let x = input([images, geometry.height * geometry.width * geometry.channels])
    let (down, up) = (input([outputs, geometry.unfolded]), input([outputs, geometry.unfolded]))
    let (downBias, upBias) = (input([outputs]), input([geometry.channels]))
    let features = graph.biasActivation(
      graph.multiply(graph.unfold(x, geometry), down, transposeB: true), downBias, .relu)
    let output = graph.biasActivation(
      graph.fold(graph.multiply(features, up), geometry), upBias, .leakyReLU)
    let seed = input([pixels, geometry.channels])
    precondition(features.shape == [places, outputs])
    let gradients = graph.gradients(
      of: output, seed: seed, withRespectTo: [x, down, up, downBias, upBias])
    let results = [output] + gradients.compactMap { $0 }
    precondition(results.count == 6)
    let program = try recording.program(results, on: backend, fuses: fuses)
    try program.run()
    return (try results.map { try program.readDoubles($0) }, program.launches)
  }
}
