import Compute
import Graph
import Testing

@Suite("Naming the first tensor that is not finite") struct NonFiniteTensorTests {
  /// x w + b, relu, sum: values by tensor name.
  private func result(
    x: [Double] = [1, 2], w: [Double] = [1, 2], bias: [Double] = [0]
  ) throws -> String? {
    let bench = Workbench()
    let xTensor = try bench.input("x", x, [1, 2])
    let wTensor = try bench.input("w", w, [2, 1])
    let biasTensor = try bench.input("bias", bias, [1])
    let product = bench.graph.multiply(xTensor, wTensor, label: "product")
    let activated = bench.graph.biasActivation(product, biasTensor, .relu, label: "hidden")
    let sum = bench.graph.sum(activated)
    return try bench.program([sum]).firstNonFiniteTensor()
  }

  @Test func `nothing is named where all is finite`() throws {
    #expect(try result() == nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `a bad input is named before what comes of it`(_ value: Double) throws {
    #expect(try result(x: [1, value]) == "x")
    #expect(try result(w: [value, 1]) == "w")
    #expect(try result(bias: [value]) == "bias")
  }

  @Test func `the operation that overflows is named`() throws {
    #expect(try result(x: [1e200, 1], w: [1e200, 1]) == "product")
    #expect(try result(x: [1.7e308, 0], w: [1, 0], bias: [1.7e308]) == "hidden")
  }

  @Test func `an unlabelled tensor is named by its operation`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1.7e308, 1.7e308], [2])
    let total = bench.graph.sum(x)
    #expect(try bench.program([total]).firstNonFiniteTensor() == "sum")
    bench.graph.label(total, "the total")
    #expect(try bench.program([total]).firstNonFiniteTensor() == "the total")
  }

  @Test func `a bad constant is named`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1], [1])
    let sum = bench.graph.add(x, bench.graph.constant([.nan], shape: [1]))
    #expect(try bench.program([sum]).firstNonFiniteTensor() == "constant")
  }
}
