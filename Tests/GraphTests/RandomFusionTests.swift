import Compute
import Graph
import TestSupport
import Testing

/// Random recordings of layers, gradients, densities and updates that share a storage: fused or not, the same bits.
@Suite("Fusion of random graphs") struct RandomFusionTests {
  private static let rows = 6
  private static let shared = "shared"
  private static let sharedCount = 160

  /// A recording under construction.
  private struct Recorder {
    let bench = Workbench()
    var generator: SeededGenerator
    /// Matrices of `rows` rows, in order.
    var matrices: [Tensor] = []
    var outputs: [Tensor] = []
    /// Updates so far; each has moments of its own.
    var updates = 0

    mutating func below(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }
    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

    /// A recent matrix, or sometimes an old one.
    mutating func matrix() -> Tensor {
      below(3) == 0 ? pick(matrices) : pick(Array(matrices.suffix(3)))
    }

    /// Part of the shared storage, wherever that lies.
    mutating func sharedTensor(_ shape: Shape) -> Tensor {
      let offset = below(RandomFusionTests.sharedCount - shape.count + 1)
      return bench.graph.placed(shape, in: RandomFusionTests.shared, offset: offset)
    }

    mutating func values(_ shape: Shape) throws -> Tensor {
      try bench.values("input \(generator.next())", shape)
    }

    /// f(x W' + b) with weights of its own or of the shared storage, and gradients for some.
    mutating func layer() throws {
      let x = matrix()
      let outputs = pick([2, 3, 5])
      let shape: Shape = [outputs, x.shape.columns]
      let weight = below(2) == 0 ? sharedTensor(shape) : try values(shape)
      let bias = below(3) == 0 ? sharedTensor([outputs]) : try values([outputs])
      let product = bench.graph.multiply(x, weight, transposeB: true)
      if below(4) == 0 { try update() }
      let y = bench.graph.biasActivation(product, bias, pick(Activation.allCases))
      if below(8) == 0 { self.outputs.append(product) }
      matrices.append(y)
      guard below(2) == 0 else { return }
      let gradients = bench.graph.gradients(
        of: y, seed: below(2) == 0 ? bench.ones(y.shape) : try values(y.shape),
        withRespectTo: [x, weight, bias])
      self.outputs += gradients.compactMap { $0 }
    }

    /// A density of a matrix, its gradient, and sometimes an update between them.
    mutating func density() throws {
      let logits = matrix()
      let x = try values(logits.shape)
      let logSigma = sharedTensor([1])
      let isBernoulli = below(2) == 0
      let value =
        isBernoulli
        ? bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
        : bench.graph.gaussianLogLikelihood(mean: logits, x: x, logSigma: logSigma)
      if below(3) == 0 { try update() }
      let seed = below(3) == 0 ? bench.graph.duplicate(value) : bench.ones(value.shape)
      let gradients = bench.graph.gradients(
        of: value, seed: seed, withRespectTo: isBernoulli ? [logits] : [logits, logSigma])
      outputs += [value] + gradients.compactMap { $0 }
    }

    /// Adam changes a part of the shared storage by some gradient.
    mutating func update() throws {
      let gradient = matrix()
      let parameter = sharedTensor(gradient.shape)
      // A gradient that lies where it changes the parameters would depend on the order of the elements.
      guard !bench.graph.isPlaced(gradient) else { return }
      updates += 1
      let zeros = [Double](repeating: 0, count: gradient.shape.count)
      let state = try ["m", "v"].map { try bench.input("\($0)\(updates)", zeros, gradient.shape) }
      bench.graph.adam(
        gradient: gradient, scalars: try bench.input("scalars", [0.1, 1, 10, 30], [4]),
        guardFlags: try bench.input("flags", [1, 0], [2]), parameter: parameter,
        firstMoment: state[0], secondMoment: state[1])
    }

    /// Puts the output of a layer into the shared storage, perhaps over its own input, and goes on with a copy.
    mutating func store() throws {
      let x = matrix()
      guard !bench.graph.isPlaced(x) else { return }
      let weight = try values([3, x.shape.columns])
      let product = bench.graph.multiply(x, weight, transposeB: true)
      let y = bench.graph.biasActivation(product, try values([3]), .relu)
      let offset = below(RandomFusionTests.sharedCount - y.shape.count + 1)
      bench.graph.place(y, in: RandomFusionTests.shared, offset: offset, label: "stored")
      matrices.append(bench.graph.duplicate(y))
    }

    mutating func operation() throws {
      switch below(8) {
      case 0, 1, 2: try layer()
      case 3: try density()
      case 4: try update()
      case 5: try store()
      case 6: matrices.append(bench.graph.duplicate(sharedTensor([RandomFusionTests.rows, 4])))
      default:
        let x = matrix()
        matrices.append(bench.graph.add(x, pick(matrices.filter { $0.shape == x.shape })))
      }
    }
  }

  @Test(arguments: 0..<100)
  func `results, storages and updates are those of the recorded order`(_ stream: Int) throws {
    var recorder = Recorder(generator: SeededGenerator("fusion \(stream)"))
    _ = try recorder.bench.values(Self.shared, [Self.sharedCount])
    recorder.matrices = try [2, 3, 4].map { try recorder.values([Self.rows, $0]) }
    for _ in 0..<18 { try recorder.operation() }
    recorder.outputs.append(recorder.matrices[recorder.matrices.count - 1])
    let bench = recorder.bench
    let outputs = recorder.outputs.filter { !bench.graph.isPlaced($0) }
    let fused = try bench.program(outputs).launchCount
    #expect(fused <= (try bench.program(outputs, fuses: false)).launchCount)
    try bench.expectSameBits(outputs, runs: 2)
  }
}
