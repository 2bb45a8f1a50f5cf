import Compute
import Graph
import TestSupport
import Testing

/// Where two launches must stay two.
@Suite("Where operations stay apart") struct NoFusionTests {
  private static let apart = ["matrix product", "bias + relu"]

  @Test func `a product that somebody else reads`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    let other = bench.graph.duplicate(layer.product)
    #expect(try bench.operations([y, other]) == Self.apart + ["copy"])
    // Nobody needs the copy.
    #expect(try bench.operations([y]) == ["matrix product + bias + relu"])
  }

  @Test func `a product that two layers read`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let bias = try bench.values("other bias", [5])
    let outputs = [layer.bias, bias].map {
      bench.graph.biasActivation(layer.product, $0, .relu)
    }
    #expect(try bench.operations(outputs) == Self.apart + ["bias + relu"])
  }

  @Test func `a product that is an output of the program`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    #expect(try bench.operations([y, layer.product]) == Self.apart)
  }

  @Test func `a product that has a place in a storage`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    try bench.storage("kept", [Double](repeating: 0, count: 20))
    bench.graph.place(layer.product, in: "kept", offset: 0, label: "product")
    #expect(try bench.operations([y]) == Self.apart)
  }

  @Test func `a product whose epilogue is taken`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let once = bench.graph.biasActivation(layer.product, layer.bias, .relu)
    let twice = bench.graph.biasActivation(once, layer.bias, .relu)
    #expect(try bench.operations([twice]) == ["matrix product + bias + relu", "bias + relu"])
    // And the gradient of an activation behind a bias.
    let h = try bench.values("h", [4, 5])
    let seed = bench.graph.biasActivation(layer.product, layer.bias, .identity)
    let gradients = bench.graph.gradients(
      of: bench.graph.activate(h, .tanh), seed: seed, withRespectTo: [h])
    #expect(
      try bench.operations(gradients.compactMap { $0 })
        == ["matrix product + bias + identity", "gradient of tanh"])
  }

  @Test func `a product that an activation's gradient reads as its source`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.activate(layer.product, .tanh)
    let gradient = try bench.gradient(of: y, layer.product)
    #expect(try bench.operations([gradient]) == ["matrix product", "gradient of tanh"])
  }

  @Test func `a bias gradient and a weight gradient with an epilogue`() throws {
    let bench = Workbench()
    let (x, v) = (try bench.values("x", [4, 3]), try bench.values("v", [5, 3]))
    let bias = try bench.values("b", [5])
    let y = bench.graph.biasActivation(
      bench.graph.multiply(x, bench.graph.activate(v, .tanh), transposeB: true), bias, .identity)
    let gradients = bench.graph.gradients(
      of: y, seed: try bench.values("seed", [4, 5]), withRespectTo: [v, bias])
    #expect(
      try bench.operations(gradients.compactMap { $0 }).sorted()
        == ["column sum", "matrix product + gradient of tanh"])
  }

  @Test func `the second of two bias gradients`() throws {
    let bench = Workbench()
    let (x, dy) = (try bench.values("x", [4, 3]), try bench.values("dy", [4, 5]))
    let product = bench.graph.multiply(dy, x, transposeA: true)
    let sums = [bench.graph.columnSum(dy), bench.graph.columnSum(dy)]
    #expect(
      try bench.operations([product] + sums) == ["matrix product + bias gradient", "column sum"])
  }

  @Test func `a bias gradient of another tensor, or of the second operand`() throws {
    let bench = Workbench()
    let (x, dy) = (try bench.values("x", [4, 3]), try bench.values("dy", [4, 5]))
    let product = bench.graph.multiply(dy, x, transposeA: true)
    let plain = bench.graph.multiply(dy, try bench.values("w", [5, 2]))
    let apart = ["matrix product", "column sum"]
    #expect(try bench.operations([product, bench.graph.columnSum(x)]) == apart)
    #expect(try bench.operations([plain, bench.graph.columnSum(dy)]) == apart)
  }

  @Test(arguments: [(4096, 1), (4097, 3)])
  func `column sums of more rows than one sum takes`(_ rows: Int, _ launches: Int) throws {
    let bench = Workbench()
    let (x, dy) = (try bench.values("x", [rows, 2]), try bench.values("dy", [rows, 3]))
    let outputs = [bench.graph.multiply(dy, x, transposeA: true), bench.graph.columnSum(dy)]
    #expect(try bench.operations(outputs).count == launches)
    try bench.expectSameBits(outputs)
  }

  @Test func `a gradient that depends on the value`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    let seed = bench.graph.add(value, value)
    let gradients = bench.graph.gradients(of: value, seed: seed, withRespectTo: [logits])
    #expect(
      try bench.operations([value] + gradients.compactMap { $0 })
        == ["Bernoulli log-likelihood", "add", "gradient of the Bernoulli log-likelihood"])
  }

  @Test func `a log-likelihood and the gradient of another`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: x, x: logits)
    let other = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    let gradient = try bench.gradient(of: other, logits)
    #expect(try bench.operations([value, gradient]).count == 2)
  }

  @Test func `a negative ELBO of other scalars than the step's`() throws {
    let bench = Workbench()
    let step = try bench.step(slots: 3)
    let scalars = try bench.input("own scalars", [1e-3, 0.5, 1, 1], [4])
    try bench.finishBackward(try bench.objective(rows: 4, scalars: scalars), step)
    #expect(try bench.operations([]) == ["negative ELBO", "sum of squares", "gradient norm"])
    try bench.expectSameBits([], runs: 2)
  }
}
