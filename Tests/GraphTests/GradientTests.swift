import Compute
import Graph
import Testing

@Suite("Gradients of graphs") struct GradientTests {
  @Test func `gradients add up where a tensor is used twice`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2, 3], [3])
    let sum = bench.graph.add(bench.graph.add(x, x), bench.graph.duplicate(x))
    let gradient = bench.graph.gradients(of: sum, seed: bench.ones([3]), withRespectTo: [x])[0]
    #expect(try bench.run([try #require(gradient)]) == [[3, 3, 3]])
  }

  @Test func `both operands of a product with itself count`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2, 3, 4], [2, 2])
    let square = bench.graph.multiply(x, x)
    let seed = bench.ones([2, 2])
    let gradient = bench.graph.gradients(of: square, seed: seed, withRespectTo: [x])[0]
    // d sum(XX) / dX_ij = sum_k X_jk + sum_k X_ki.
    let expected: [Double] = [3 + 4, 7 + 4, 3 + 6, 7 + 6]
    #expect(try bench.run([try #require(gradient)]) == [expected])
  }

  @Test func `a chain of branches gathers every path`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [0.5], [1])
    var y = x
    for _ in 0..<10 { y = bench.graph.add(y, y) }
    let gradient = bench.graph.gradients(of: y, seed: bench.ones([1]), withRespectTo: [x])[0]
    #expect(try bench.run([y, try #require(gradient)]) == [[512], [1024]])
  }

  @Test func `the seed weighs the gradient`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let seed = try bench.input("seed", [5, -7], [2])
    let y = bench.graph.add(x, x)
    let gradient = bench.graph.gradients(of: y, seed: seed, withRespectTo: [x])[0]
    #expect(try bench.run([try #require(gradient)]) == [[10, -14]])
  }

  @Test func `there is no gradient where nothing depends on the target`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let unused = try bench.input("unused", [1, 2], [2])
    let y = bench.graph.add(x, x)
    let later = bench.graph.add(y, unused)
    let gradients = bench.graph.gradients(
      of: y, seed: bench.ones([2]), withRespectTo: [unused, x, later])
    #expect(gradients[0] == nil && gradients[1] != nil && gradients[2] == nil)
  }

  @Test func `the gradient of a tensor by itself is the seed`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let y = bench.graph.duplicate(x)
    let seed = bench.ones([2])
    let gradients = bench.graph.gradients(of: y, seed: seed, withRespectTo: [y, x])
    #expect(gradients[0] == seed)
    #expect(try bench.run([y, try #require(gradients[1])]) == [[1, 2], [1, 1]])
  }

  @Test func `an inner tensor can be a target and stops nothing`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [1, 2])
    let w = try bench.input("w", [2, 0, 0, 3], [2, 2])
    let inner = bench.graph.multiply(x, w)
    let y = bench.graph.add(inner, inner)
    let gradients = bench.graph.gradients(
      of: y, seed: bench.ones([1, 2]), withRespectTo: [inner, x])
    #expect(try bench.run(gradients.compactMap { $0 }) == [[2, 2], [4, 6]])
  }

  @Test func `no work is recorded for inputs that need no gradient`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [1, 2])
    let w = try bench.input("w", [1, 2, 3, 4], [2, 2])
    let y = bench.graph.multiply(x, w)
    let gradient = try #require(
      bench.graph.gradients(of: y, seed: bench.ones([1, 2]), withRespectTo: [w])[0])
    #expect(try bench.program([gradient]).launchCount == 1)
    #expect(try bench.program([y, gradient]).launchCount == 2)
  }
}
