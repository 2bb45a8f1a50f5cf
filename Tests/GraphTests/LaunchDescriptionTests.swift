import Compute
import Graph
import Testing

/// Bytes are those of the float64 reference, 8 a real number.
@Suite("Launch descriptions") struct LaunchDescriptionTests {
  @Test func `a layer is one launch with its name, size, bytes and operations`() throws {
    let (bench, output) = try layer()
    let program = try bench.program([output])
    let launch = try #require(program.launches.first)
    #expect(program.launches.count == 1 && program.launchCount == 1)
    #expect(
      (launch.operation, launch.label, launch.kernel, launch.size)
        == ("matrix product + bias + relu", "layer output", "gemm", "2x5x3"))
    // (6 + 15 + 5 + 10) 8 bytes, 2 m n k.
    #expect(launch.work.byteCount == 288 && launch.work.floatingPointOperations == 60)
  }

  private func layer() throws -> (Workbench, Tensor) {
    let bench = Workbench()
    let x = try bench.input("x", [Double](repeating: 1, count: 6), [2, 3])
    let weight = try bench.input("w", [Double](repeating: 1, count: 15), [5, 3])
    let bias = try bench.input("b", [Double](repeating: 1, count: 5), [5])
    let product = bench.graph.multiply(x, weight, transposeB: true)
    return (bench, bench.graph.biasActivation(product, bias, .relu, label: "layer output"))
  }

  @Test func `without fusion it is two`() throws {
    let (bench, output) = try layer()
    let program = try bench.program([output], fuses: false)
    try #require(program.launches.count == 2)
    let (first, second) = (try #require(program.launches.first), program.launches[1])
    #expect(program.launches.count == program.launchCount)
    #expect(
      (first.operation, first.label, first.kernel, first.size)
        == ("matrix product", "", "gemm", "2x5x3"))
    // (6 + 15 + 10) 8 bytes, 2 m n k.
    #expect(first.work.byteCount == 248 && first.work.floatingPointOperations == 60)
    #expect(
      (second.operation, second.label, second.kernel, second.size)
        == ("bias + relu", "layer output", "bias_relu", "1 groups"))
    // (10 + 5 + 10) 8 bytes.
    #expect(second.work.byteCount == 200 && second.work.floatingPointOperations == 0)
    #expect(program.byteCount == 448)
  }

  @Test func `a batch counts its own rows of the data set`() throws {
    let bench = Workbench()
    try bench.words("pixels", [UInt32](repeating: 0, count: 175))
    try bench.words("order", [UInt32](repeating: 0, count: 100))
    try bench.words("state", [UInt32](repeating: 0, count: 8))
    let order = bench.graph.placed([100], .uint32, in: "order")
    let state = bench.graph.placed([8], .uint32, in: "state")
    let batch = bench.graph.gatherImages(
      bench.graph.placed([100, 7], .uint8, in: "pixels"), order: order, state: state, rows: 4,
      binarization: .none, purpose: .trainingBinarisation, split: 0)
    let posterior = try bench.input("posterior", [Double](repeating: 0, count: 24), [4, 6])
    let (z, kl) = bench.graph.reparameterise(
      posterior, order: order, state: state, purpose: .trainingNoise)
    let program = try bench.program([batch, z, kl])
    // 4 x 7 pixels, 4 words of the order, 8 of the state, 28 real numbers.
    #expect(program.launches[0].work.byteCount == 28 + 16 + 32 + 224)
    #expect(program.launches[0].label == "input x")
    // 24 real numbers, 4 + 8 words, 12 + 4 real numbers.
    #expect(program.launches[1].work.byteCount == 192 + 16 + 32 + 128)
    #expect(program.launches[1].label == "latent sample z")
  }

  @Test func `what changes in place is read and written`() throws {
    let bench = Workbench()
    let gradient = try bench.input("g", [1, 1], [2])
    let scalars = try bench.input("scalars", [0.1, 1, 1, 1], [4])
    let flags = try bench.input("flags", [1, 0], [2])
    let state = try ["p", "m", "v"].map { try bench.input($0, [0, 0], [2]) }
    bench.graph.adam(
      gradient: gradient, scalars: scalars, guardFlags: flags, parameter: state[0],
      firstMoment: state[1], secondMoment: state[2])
    let launch = try #require(try bench.program([]).launches.first)
    // Reads 2 + 4 + 2 + 3 x 2 real numbers, writes 3 x 2.
    #expect(launch.work.byteCount == 8 * (14 + 6))
    #expect((launch.operation, launch.label, launch.size) == ("Adam", "p", "2 items"))
  }

  @Test func `the end of a backward pass touches one row of the history`() throws {
    let bench = Workbench()
    let gradients = try bench.input("g", [3, 4], [2])
    let objective = try bench.input("objective", [1, 2, 3], [3])
    let flags = try bench.input("flags", [1, 0], [2])
    let history = try bench.input("history", [Double](repeating: 0, count: 400), [100, 4])
    bench.graph.finishBackward(
      gradients: gradients, objective: objective, step: try bench.step(slots: 100),
      guardFlags: flags, history: history, maximumNorm: 0)
    let launches = try bench.program([]).launches
    // 2 gradients to 1 partial sum, and the scaled one.
    #expect(launches[0].work.byteCount == 8 * 4)
    // 2 + 3 reals; twice 2 flags, 4 numbers of a row, 8 + 8 scalars and 8 words; a row of each table.
    #expect(
      launches[1].work.byteCount == 8 * 5 + 2 * (8 * (2 + 4 + 16) + 32) + 8 * 8 + 32)
  }
}
