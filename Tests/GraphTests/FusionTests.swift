import Compute
import Graph
import TestSupport
import Testing

/// Which operations become one launch. What they compute is the business of SchedulingTests and of the backends' tests.
@Suite("Fusion") struct FusionTests {
  @Test(arguments: [Activation.identity, .relu, .leakyReLU])
  func `a bias with its activation joins the product before it`(_ activation: Activation) throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, activation)
    #expect(
      try bench.operations([y]) == ["matrix product + bias + \(activation.rawValue)"])
  }

  @Test(arguments: [Activation.tanh, .sigmoid, .softplus, .gelu])
  func `an activation whose derivative needs its input follows the bias`(
    _ activation: Activation
  ) throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, activation)
    #expect(
      try bench.operations([y]) == ["matrix product + bias + identity", activation.rawValue])
  }

  @Test(arguments: Activation.allCases.filter { $0 != .identity }, [false, true])
  func `the gradient of an activation joins the product that sends it`(
    _ activation: Activation, _ transposeB: Bool
  ) throws {
    let bench = Workbench()
    let x = try bench.values("x", [4, 3])
    let bias = try bench.values("b", [3])
    let w = try bench.values("w", transposeB ? [5, 3] : [3, 5])
    let hidden = bench.graph.biasActivation(x, bias, activation)
    let y = bench.graph.multiply(hidden, w, transposeB: transposeB)
    let gradient = try bench.gradient(of: y, x)
    let operations = try bench.operations([hidden, gradient])
    #expect(operations.last == "matrix product + gradient of \(activation.rawValue)")
  }

  @Test func `a bias gradient joins the weight gradient that reads the same`() throws {
    let bench = Workbench()
    let layer = try bench.layer("layer", [4, 3], outputs: 5)
    let y = bench.graph.biasActivation(layer.product, layer.bias, .identity)
    let gradients = bench.graph.gradients(
      of: y, seed: bench.ones([4, 5]), withRespectTo: [layer.weight, layer.bias])
    let outputs = gradients.compactMap { $0 }
    #expect(try bench.operations(outputs) == ["matrix product + bias gradient"])
    // X'1 and the number of rows.
    let results = try bench.run(outputs)
    #expect(results[1] == [Double](repeating: 4, count: 5))
  }

  @Test func `a value of the Bernoulli log-likelihood joins its gradient`() throws {
    let bench = Workbench()
    let (logits, x) = (try bench.values("logits", [4, 3]), try bench.values("x", [4, 3]))
    let value = bench.graph.bernoulliLogLikelihood(logits: logits, x: x)
    let gradient = try bench.gradient(of: value, logits)
    #expect(try bench.operations([value, gradient]) == ["Bernoulli log-likelihood + gradient"])
    #expect(try bench.operations([value]) == ["Bernoulli log-likelihood"])
    #expect(try bench.operations([gradient]) == ["gradient of the Bernoulli log-likelihood"])
  }

  @Test func `a value of the Gaussian log-likelihood joins its gradients`() throws {
    let bench = Workbench()
    let (mean, x) = (try bench.values("mean", [4, 3]), try bench.values("x", [4, 3]))
    let logSigma = try bench.input("ln sigma", [0.1], [1])
    let value = bench.graph.gaussianLogLikelihood(mean: mean, x: x, logSigma: logSigma)
    let gradients = bench.graph.gradients(
      of: value, seed: bench.ones([4]), withRespectTo: [mean, logSigma])
    #expect(
      try bench.operations([value] + gradients.compactMap { $0 })
        == ["Gaussian log-likelihood + gradient", "sum"])
    #expect(try bench.operations([value]) == ["Gaussian log-likelihood"])
  }

  @Test func `a negative ELBO joins the end of the backward pass`() throws {
    let bench = Workbench()
    let step = try bench.step(slots: 3)
    try bench.storage("step scalars", [1e-3, 0.5, 1, 1, 0, 0, 0, 0])
    let objective = try bench.objective(rows: 4, scalars: step.scalars)
    try bench.finishBackward(objective, step)
    #expect(try bench.operations([]) == ["sum of squares", "negative ELBO + gradient norm"])
    #expect(
      try bench.operations([objective])
        == ["negative ELBO", "sum of squares", "gradient norm"])
    try bench.expectSameBits([], runs: 3)
  }

  @Test func `the gradient of the mean KL joins that of the posterior`() throws {
    let (bench, posterior, kl, objective) = try posteriorObjective()
    let seed = bench.graph.constant([1, 0, 0.25], shape: [3])
    let gradients = bench.graph.gradients(
      of: objective, seed: seed, withRespectTo: [posterior, kl])
    let gradient = try #require(gradients[0])
    #expect(try bench.operations([gradient]) == ["gradient of reparameterise + KL"])
    // Not where it is wanted itself.
    let both = gradients.compactMap { $0 }
    #expect(
      try bench.operations(both) == ["gradient of the mean KL", "gradient of reparameterise + KL"])
    try bench.expectSameBits([gradient], runs: 2)
    #expect(try bench.run(both)[1] == [Double](repeating: (0.5 + 0.25) / 4, count: 4))
  }

  @Test func `a gradient of the mean log-likelihood that is known takes no launch`() throws {
    let bench = Workbench()
    let likelihood = try bench.values("log-likelihood", [4])
    let objective = bench.graph.negativeELBO(
      logLikelihood: likelihood, kl: try bench.values("kl", [4]),
      scalars: try bench.input("scalars", [1e-3, 0.5, 1, 1], [4]))
    let seeds = [
      bench.graph.constant([1, 0.5, 0.25], shape: [3]), try bench.input("u", [1, 0.5, 0.25], [3]),
    ]
    let gradients = seeds.compactMap {
      bench.graph.gradients(of: objective, seed: $0, withRespectTo: [likelihood])[0]
    }
    #expect(try bench.operations([gradients[0]]) == [])
    #expect(try bench.operations([gradients[1]]) == ["gradient of the mean log-likelihood"])
    let expected = [Double](repeating: -0.125, count: 4)
    #expect(try bench.run(gradients) == [expected, expected])
  }

  private func posteriorObjective() throws -> (Workbench, Tensor, Tensor, Tensor) {
    let bench = Workbench()
    let posterior = try bench.values("posterior", [4, 6])
    let step = try bench.step(slots: 1)
    try bench.storage("step scalars", [1e-3, 0.5, 1, 1, 0, 0, 0, 0])
    try bench.words("order", [3, 2, 1, 0])
    let (_, kl) = bench.graph.reparameterise(
      posterior, order: bench.graph.placed([4], .uint32, in: "order"), state: step.state,
      purpose: .trainingNoise)
    let objective = bench.graph.negativeELBO(
      logLikelihood: try bench.values("log-likelihood", [4]), kl: kl, scalars: step.scalars)
    return (bench, posterior, kl, objective)
  }

  @Test func `two layers and their whole backward pass are six launches`() throws {
    let bench = Workbench()
    let first = try bench.layer("first", [4, 3], outputs: 6)
    let hidden = bench.graph.biasActivation(first.product, first.bias, .relu)
    let second = try bench.layer("second", of: hidden, outputs: 5)
    let y = bench.graph.biasActivation(second.product, second.bias, .relu)
    let targets = [first.weight, first.bias, second.weight, second.bias]
    let gradients = bench.graph.gradients(
      of: y, seed: bench.ones([4, 5]), withRespectTo: targets)
    let operations = try bench.operations([y] + gradients.compactMap { $0 })
    #expect(
      operations.sorted() == [
        "gradient of relu",
        "matrix product + bias + relu", "matrix product + bias + relu",
        "matrix product + bias gradient", "matrix product + bias gradient",
        "matrix product + gradient of relu",
      ])
  }
}
