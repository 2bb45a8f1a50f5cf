import Compute
import Graph
import OpenCLBackend
import TestSupport
import Testing

/// Products without epilogues leave them to the launch behind: one kernel for both leaves the bits of the two.
@Suite("Epilogues with the launch behind") @MainActor struct EpilogueTests {
  @Test(arguments: EpilogueCase.all, TestDevice.all)
  func `one kernel leaves the bits of two`(_ row: EpilogueCase, _ device: TestDevice) throws {
    let backend = try device.open()
    let joined = try run(row, on: backend, joins: true)
    expectSame(joined, try run(row, on: backend, joins: false))
    if device.isExact {
      expectSame(joined, try run(row, on: TestDevice.cpu[1].open(), joins: false))
    }
  }

  @Test(arguments: EpilogueCase.all)
  func `on the float64 reference, too`(_ row: EpilogueCase) throws {
    expectSame(
      try run(row, on: TestDevice.reference, joins: true),
      try run(row, on: TestDevice.reference, joins: false))
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a trace names both and counts the bytes of both`(_ device: TestDevice) throws {
    let recording = Recording()
    let graph = recording.graph
    let zeros = { [Double](repeating: 0, count: $0) }
    let product = graph.multiply(
      recording.input(zeros(6), [2, 3]), recording.input(zeros(18), [6, 3]), transposeB: true)
    let posterior = graph.biasActivation(
      product, recording.input(zeros(6), [6]), .identity, label: "posterior")
    let (z, kl) = graph.reparameterise(
      posterior, order: recording.input([0, 1], [2], .uint32), state: recording.state(),
      purpose: .trainingNoise)
    let backend = try GemmCase(variant: .clblast).open(on: device)
    let launches = try recording.program([z, kl], on: backend).launches
    #expect(
      launches.map(\.operation) == ["matrix product", "bias_identity + reparameterise + KL"])
    #expect(launches.map(\.label) == ["posterior", "latent sample z"])
    // 6 + 18 + 12 values; 12 read and written, 6 biases, 2 + 5 words, 6 + 2 values.
    #expect(launches.map(\.work.byteCount) == [4 * 36, 4 * (24 + 6 + 7 + 8)])
    #expect(launches[1].kernel == "reparameterise_after_bias_identity")
  }

  private func expectSame(
    _ values: [[UInt64]], _ expected: [[UInt64]], _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(values.count == expected.count)
    for (index, pair) in zip(values, expected).enumerated() {
      let areEqual = pair.0 == pair.1
      #expect(areEqual, "buffer \(index), seed \(testSeed)", sourceLocation: location)
    }
  }

  /// The bits of the matrix and of all results.
  private func run(
    _ row: EpilogueCase, on backend: any Backend, joins: Bool
  ) throws -> [[UInt64]] {
    var generator = SeededGenerator(row.testDescription)
    func reals(_ count: Int, _ low: Double, _ high: Double) throws -> BufferView {
      let values = (0..<count).map { _ in generator.real(low, high) }
      let view = BufferView(
        try backend.allocate(byteCount: count * backend.realType.byteCount))
      try backend.upload(reals: values, to: view)
      return view
    }
    let matrix = try reals(row.rows * row.columns, -2, 2)
    let epilogue =
      row.follows == .bias
      ? MatrixEpilogue(row.function, column: try reals(row.columns, -1, 1))
      : MatrixEpilogue(row.function, matrix: try reals(row.rows * row.columns, -3, 3))
    var results = [(matrix, row.rows * row.columns)]
    var arguments: [KernelArgument] = [.buffer(matrix)]
    for argument in row.arguments {
      switch argument {
      case .uniform(let count, let low, let high):
        arguments.append(.buffer(try reals(count, low, high)))
      case .bits(let count):
        let view = try reals(count, 0, 1)
        try backend.upload(
          reals: (0..<count).map { _ in Double(generator.next() & 1) }, to: view)
        arguments.append(.buffer(view))
      case .words(let words):
        let view = BufferView(try backend.allocate(byteCount: 4 * words.count))
        try backend.upload(words, to: view)
        arguments.append(.buffer(view))
      case .result(let count):
        let view = BufferView(
          try backend.allocate(byteCount: count * backend.realType.byteCount))
        try backend.upload(reals: [Double](repeating: .nan, count: count), to: view)
        results.append((view, count))
        arguments.append(.buffer(view))
      case .count(let count): arguments.append(.count(count))
      }
    }
    // The product itself is not run.
    var product = MatrixMultiply(
      m: row.rows, n: row.columns, k: 1, a: matrix, b: matrix, c: matrix)
    product.epilogue = epilogue
    let launch = KernelLaunch(row.kernel, arguments, row.size, follows: row.follows)
    let launches =
      joins
      ? [try #require(launch.after(product))]
      : [try #require(product.epilogueLaunch), launch]
    try backend.prepare(launches.map { .kernel($0) }).run()
    return try results.map { view, count in
      try backend.downloadReals(view, count: count).map(\.bitPattern)
    }
  }
}
