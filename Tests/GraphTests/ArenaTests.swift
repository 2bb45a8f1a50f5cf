import Compute
import Graph
import TestSupport
import Testing

/// The arena of intermediates: memory is used again, and never while a value in it is still needed.
@Suite("Memory plan") struct ArenaTests {
  private struct RandomGraph {
    let bench: Workbench
    /// Results of operations, in order.
    let intermediates: [Tensor]
    let outputs: [Tensor]
  }

  /// Some forty random operations on matrices, each of recent or old tensors, then gradients for some.
  private func randomGraph(_ stream: Int) throws -> RandomGraph {
    var generator = SeededGenerator("graph \(stream)")
    let bench = Workbench()
    let graph = bench.graph
    func pick<T>(_ values: [T]) -> T { values[Int(generator.next() % UInt64(values.count))] }
    var inputs: [Tensor] = []
    var tensors: [Tensor] = []
    for index in 0..<3 {
      let shape: Shape = [pick([1, 3, 17]), pick([2, 40])]
      let values = (0..<shape.count).map { _ in generator.real(-1, 1) }
      inputs.append(try bench.input("input \(index)", values, shape))
    }
    tensors = inputs
    let order = graph.placed([64], .uint32, in: "order")
    let state = graph.placed([5], .uint32, in: "state")
    try bench.words("order", (0..<64).map { $0 })
    try bench.words("state", [1, 2, 3, 4, 0])
    for _ in 0..<40 {
      let a = generator.next() % 3 == 0 ? pick(tensors) : pick(Array(tensors.suffix(4)))
      switch generator.next() % 6 {
      case 0:
        let partners = tensors.filter { $0.shape == a.shape }
        tensors.append(graph.add(a, pick(partners)))
      case 1: tensors.append(graph.duplicate(a))
      case 2:
        let partners = tensors.filter { $0.shape.rank == 2 && $0.shape.rows == a.shape.rows }
        let product = graph.multiply(a, pick(partners), transposeA: true)
        tensors.append(graph.biasActivation(product, graph.columnSum(product), .tanh))
      case 3 where a.shape.columns % 2 == 0:
        let (z, kl) = graph.reparameterise(a, order: order, state: state, purpose: .trainingNoise)
        tensors.append(z)
        if generator.next() & 1 == 0 {
          tensors.append(graph.biasActivation(z, graph.columnSum(z), .sigmoid))
        }
        _ = graph.sum(kl)
      case 4: tensors.append(graph.biasActivation(a, graph.columnSum(a), .softplus))
      default: tensors.append(graph.biasActivation(a, graph.columnSum(a), .tanh))
      }
    }
    var outputs = (0..<3).map { _ in pick(Array(tensors.dropFirst(3))) }
    let last = tensors[tensors.count - 1]
    outputs.append(last)
    outputs += graph.gradients(of: last, seed: bench.ones(last.shape), withRespectTo: inputs)
      .compactMap { $0 }
    let placed = pick(Array(tensors.dropFirst(3)))
    try bench.storage("placed", [Double](repeating: 0, count: placed.shape.count))
    graph.place(placed, in: "placed", offset: 0, label: "placed")
    let intermediates = graph.nodes.flatMap(\.outputs)
    return RandomGraph(bench: bench, intermediates: intermediates, outputs: outputs)
  }

  @Test(arguments: 0..<60)
  func `results equal those of a run in which every tensor has memory of its own`(
    _ stream: Int
  ) throws {
    let random = try randomGraph(stream)
    let planned = try random.bench.program(random.outputs)
    let all = try random.bench.program(random.outputs + random.intermediates)
    for program in [planned, planned, all] { try program.run() }
    for output in random.outputs {
      let values = try planned.readDoubles(output)
      let expected = try all.readDoubles(output)
      #expect(values.map(\.bitPattern) == expected.map(\.bitPattern), "seed \(testSeed)")
    }
    #expect(planned.arenaByteCount <= all.arenaByteCount)
    #expect(planned.launchCount <= all.launchCount)
  }

  @Test(arguments: 0..<60)
  func `tensors that are alive together never overlap`(_ stream: Int) throws {
    let random = try randomGraph(stream)
    let graph = random.bench.graph
    let plan = Plan(graph, outputs: random.outputs, realType: .float64)
    // Alive from the node that makes it to the last that reads it, outputs to the end.
    var lives: [Int: (range: ClosedRange<Int>, bytes: Range<Int>)] = [:]
    for (position, node) in plan.nodes.enumerated() {
      for tensor in node.outputs where !graph.isPlaced(tensor) {
        let offset = try #require(plan.offsets[tensor.id])
        #expect(offset % BufferView.alignment == 0)
        let bytes = offset..<(offset + 8 * tensor.shape.count)
        #expect(bytes.upperBound <= plan.arenaByteCount)
        let isOutput = random.outputs.contains(tensor)
        let readers = plan.nodes.lastIndex { $0.inputs.contains(tensor) }
        let end = isOutput ? plan.nodes.count : max(position, readers ?? position)
        lives[tensor.id] = (position...end, bytes)
      }
    }
    let entries = Array(lives.values)
    for (index, a) in entries.enumerated() {
      for b in entries.dropFirst(index + 1) where a.range.overlaps(b.range) {
        #expect(!a.bytes.overlaps(b.bytes), "seed \(testSeed)")
      }
    }
  }

  @Test func `a long chain needs two tensors of memory`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [Double](repeating: 1, count: 512), [512])
    var y = x
    for _ in 0..<9 { y = bench.graph.add(y, y) }
    let program = try bench.program([y])
    #expect(program.launchCount == 9)
    #expect(program.arenaByteCount == 2 * 4096)
    try program.run()
    #expect(try program.readDoubles(y) == [Double](repeating: 512, count: 512))
  }

  @Test func `a program without intermediates needs no arena`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1], [1])
    try bench.storage("out", [0])
    bench.graph.place(bench.graph.add(x, x), in: "out", offset: 0, label: "out")
    let program = try bench.program([])
    #expect(program.arenaByteCount == 0)
    try program.run()
    #expect(try bench.contents(of: "out", count: 1) == [2])
  }

  @Test func `an output that nothing reads keeps its memory to the end`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let early = bench.graph.add(x, x)
    var y = x
    for _ in 0..<6 { y = bench.graph.add(y, x) }
    #expect(try bench.run([y, early]) == [[7, 14], [2, 4]])
  }
}
