import Compute
import Graph
import TestSupport
import Testing

/// Operations that share memory of the caller keep their order, fused or not. `Workbench.expectSameBits` compares with
/// the recorded order.
@Suite("Order of operations that share a storage") struct SchedulingTests {
  /// Adam's update of a range of `storage`, in place.
  private func update(_ bench: Workbench, _ storage: String, offset: Int, gradient: Tensor) throws {
    let shape = gradient.shape
    let zeros = [Double](repeating: 0, count: shape.count)
    bench.graph.adam(
      gradient: gradient, scalars: try bench.input("scalars", [0.1, 1, 10, 30], [4]),
      guardFlags: try bench.input("flags", [1, 0], [2]),
      parameter: bench.graph.placed(shape, in: storage, offset: offset),
      firstMoment: try bench.input("m", zeros, shape),
      secondMoment: try bench.input("v", zeros, shape))
  }

  @Test func `a read after a write sees it and a read before does not`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    try bench.storage("shared", [10, 20, 30, 40])
    let whole = bench.graph.placed([4], in: "shared")
    let before = bench.graph.add(whole, whole)
    bench.graph.place(bench.graph.add(x, x), in: "shared", offset: 1, label: "written")
    let after = bench.graph.duplicate(whole)
    let program = try bench.program([before, after])
    try program.run()
    #expect(try program.readDoubles(before) == [20, 40, 60, 80])
    #expect(try program.readDoubles(after) == [10, 2, 4, 40])
  }

  @Test func `of two writes to one range the later stays`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    try bench.storage("shared", [0, 0, 0])
    bench.graph.place(bench.graph.add(x, x), in: "shared", offset: 0, label: "first")
    bench.graph.place(bench.graph.duplicate(x), in: "shared", offset: 1, label: "second")
    try bench.program([]).run()
    #expect(try bench.contents(of: "shared", count: 3) == [2, 1, 2])
  }

  @Test func `a product reads the weights of before an update between it and its bias`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let storage = try #require(bench.graph.placements[layer.weight.id]?.storage)
    try update(bench, storage, offset: 0, gradient: bench.values("g", layer.weight.shape))
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    try bench.expectSameBits([y], runs: 3)
  }

  @Test func `a bias that is updated after the product is the new one`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let storage = try #require(bench.graph.placements[layer.bias.id]?.storage)
    try update(bench, storage, offset: 0, gradient: bench.values("g", layer.bias.shape))
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    #expect(try bench.operations([y]) == ["Adam", "matrix product + bias + relu"])
    try bench.expectSameBits([y], runs: 3)
  }

  @Test func `a layer may write over its own input`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [40, 40], outputs: 40)
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    bench.graph.place(y, in: "layer input", offset: 0, label: "output")
    try bench.expectSameBits([], runs: 2)
  }

  @Test func `a value is that of before an update, its gradient that of after`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    try update(bench, "logits", offset: 0, gradient: bench.values("g", [4, 3]))
    let gradient = try bench.gradient(of: value, logits)
    try bench.expectSameBits([value, gradient], runs: 3)
  }

  @Test func `a gradient whose seed comes of an update after the value`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    // The last row of the pixels becomes the seed of the gradient.
    try update(bench, "x", offset: 8, gradient: bench.values("g", [4]))
    let seed = bench.graph.duplicate(bench.graph.placed([4], in: "x", offset: 8))
    let gradients = bench.graph.gradients(of: value, seed: seed, withRespectTo: [logits])
    try bench.expectSameBits([value] + gradients.compactMap { $0 }, runs: 3)
  }

  @Test func `a gradient whose seed comes of the value by way of a storage`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    try bench.storage("seed", [1, 2, 3, 4])
    try update(bench, "seed", offset: 0, gradient: value)
    let seed = bench.graph.duplicate(bench.graph.placed([4], in: "seed"))
    let gradients = bench.graph.gradients(of: value, seed: seed, withRespectTo: [logits])
    try bench.expectSameBits([value] + gradients.compactMap { $0 }, runs: 3)
  }

  @Test func `gradients that lie in one storage are summed after the last is there`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    try bench.storage("gradients", [Double](repeating: 0, count: 20))
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    let gradients = bench.graph.gradients(
      of: y, seed: bench.ones([4, 5]), withRespectTo: [layer.weight, layer.bias])
    for (gradient, offset) in zip(gradients, [0, 15]) {
      bench.graph.place(
        try #require(gradient), in: "gradients", offset: offset, label: "gradient")
    }
    let squares = bench.graph.partialSumsOfSquares(bench.graph.placed([20], in: "gradients"))
    #expect(
      try bench.operations([squares]) == [
        "matrix product + bias + relu", "gradient of relu", "matrix product + bias gradient",
        "sum of squares",
      ])
    try bench.expectSameBits([squares], runs: 2)
  }

  @Test func `a sum of the storage between two gradients sees the first alone`() throws {
    let bench = Workbench()
    let (x, dy) = (try bench.values("x", [4, 3]), try bench.values("dy", [4, 5]))
    try bench.storage("gradients", [Double](repeating: 0.5, count: 20))
    let product = bench.graph.multiply(dy, x, transposeA: true)
    bench.graph.place(product, in: "gradients", offset: 0, label: "weights")
    let between = bench.graph.duplicate(bench.graph.placed([20], in: "gradients"))
    bench.graph.place(bench.graph.columnSum(dy), in: "gradients", offset: 15, label: "bias")
    try bench.expectSameBits([between], runs: 1)
  }
}
