import Compute
import Graph
import TestSupport
import Testing

/// Sizes of real models, too large for the formulas of the table.
@Suite("Large problems", .enabled(if: !TestSizes.isSmall)) @MainActor struct LargeProblemTests {
  struct Extents: Sendable, CustomTestStringConvertible {
    let m, k, n: Int
    var testDescription: String { "\(m) x \(k) x \(n)" }
  }

  private nonisolated static let extents = [
    Extents(m: 128, k: 784, n: 400), Extents(m: 128, k: 400, n: 784),
    Extents(m: 784, k: 128, n: 400), Extents(m: 100, k: 500, n: 41),
    Extents(m: 513, k: 300, n: 321),
  ]

  @Test(arguments: extents, TestDevice.all)
  func `matrix products of VAE shapes agree with float64 in the same bits at every run`(
    _ extents: Extents, _ device: TestDevice
  ) throws {
    for transposition in 0..<4 {
      let (transposeA, transposeB) = (transposition & 1 != 0, transposition & 2 != 0)
      let recording = self.recording(extents, transposeA, transposeB)
      let program = try recording.run(on: try device.open())
      let expected = try recording.run(on: TestDevice.reference)
      #expect(relativeError(program[0], expected[0]) <= 1e-5, "\(transposeA) \(transposeB)")
      let again = try recording.run(on: try device.open())
      #expect(bits(program) == bits(again), "\(transposeA) \(transposeB)")
      if case .cpu = device.kind {
        let oneThread = try recording.run(on: try TestDevice.cpu[0].open())
        #expect(bits(program) == bits(oneThread), "\(transposeA) \(transposeB)")
      }
    }
  }

  @Test(arguments: TestDevice.all)
  func `a sum of more than 1,024 parts has every value once`(_ device: TestDevice) throws {
    let count = 4096 * 1024 + 4099
    let recording = Recording()
    let graph = recording.graph
    let x = graph.placed([count], in: "x")
    let backend = try device.open()
    let buffer = try backend.allocate(byteCount: 4 * count)
    try backend.upload(reals: [Float](repeating: 1, count: count), to: BufferView(buffer))
    let outputs = [graph.sum(x), graph.sum(graph.partialSumsOfSquares(x))]
    let program = try Program(graph, outputs: outputs, backend: backend, storages: ["x": buffer])
    try program.run()
    // Whole numbers below 2^24 are exact in float32.
    for output in outputs { #expect(try program.readDoubles(output) == [Double(count)]) }
  }

  private struct Product {
    let recording: Recording
    let output: Tensor

    @MainActor func run(on backend: any Backend) throws -> [[Double]] {
      try recording.run([output], on: backend)
    }
  }

  private func recording(_ extents: Extents, _ transposeA: Bool, _ transposeB: Bool) -> Product {
    var generator = SeededGenerator("product \(extents.testDescription)")
    let recording = Recording()
    let (m, k, n) = (extents.m, extents.k, extents.n)
    let a = recording.input(
      (0..<(m * k)).map { _ in generator.real(-1, 1) }, transposeA ? [k, m] : [m, k])
    let b = recording.input(
      (0..<(k * n)).map { _ in generator.real(-1, 1) }, transposeB ? [n, k] : [k, n])
    let output = recording.graph.multiply(a, b, transposeA: transposeA, transposeB: transposeB)
    return Product(recording: recording, output: output)
  }
}
