import Compute
import Graph
import Testing

@Suite("Programs") struct ProgramTests {
  @Test func `dead work is dropped`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let first = bench.graph.add(x, x)
    let second = bench.graph.add(first, x)
    let dead = bench.graph.add(second, second)
    _ = bench.graph.duplicate(dead)
    #expect(try bench.program([]).launchCount == 0)
    #expect(try bench.program([first]).launchCount == 1)
    #expect(try bench.program([second]).launchCount == 2)
    #expect(try bench.program([dead]).launchCount == 3)
    #expect(try bench.run([second]) == [[3, 6]])
  }

  @Test func `work into a placed output or in place is never dropped`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    try bench.storage("sums", [Double](repeating: 0, count: 256))
    let sum = bench.graph.add(x, x)
    bench.graph.place(sum, in: "sums", offset: 128, label: "sum")
    #expect(try bench.program([]).launchCount == 1)
    let scalars = try bench.input("scalars", [0.1, 1, 1, 1], [4])
    let flags = try bench.input("flags", [1, 0], [2])
    let state = try ["m", "v"].map { try bench.input($0, [0, 0], [2]) }
    bench.graph.adam(
      gradient: sum, scalars: scalars, guardFlags: flags, parameter: x, firstMoment: state[0],
      secondMoment: state[1])
    #expect(try bench.program([]).launchCount == 2)
  }

  @Test func `a placed output lies at its offset and later commands read it there`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2, 3], [3])
    try bench.storage("results", [Double](repeating: -1, count: 512))
    let sum = bench.graph.add(x, x)
    bench.graph.place(sum, in: "results", offset: 256, label: "sum")
    let again = bench.graph.add(sum, x)
    let program = try bench.program([again])
    try program.run()
    #expect(try program.readDoubles(sum) == [2, 4, 6])
    #expect(try program.readDoubles(again) == [3, 6, 9])
    #expect(try program.read(again) == [3, 6, 9])
    var expected = [Double](repeating: -1, count: 512)
    expected.replaceSubrange(256..<259, with: [2, 4, 6])
    #expect(try bench.contents(of: "results", count: 512) == expected)
  }

  @Test func `several tensors share a storage`() throws {
    let bench = Workbench()
    var values = [Double](repeating: 0, count: 256)
    values.replaceSubrange(0..<2, with: [1, 2])
    values.replaceSubrange(128..<130, with: [10, 20])
    try bench.storage("parameters", values)
    let a = bench.graph.placed([2], in: "parameters", label: "a")
    let b = bench.graph.placed([2], in: "parameters", offset: 128, label: "b")
    #expect(try bench.run([bench.graph.add(a, b)]) == [[11, 22]])
  }

  @Test func `constants keep their values in every run`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 1], [2])
    let constant = bench.graph.constant([0.1, -3e5], shape: [2])
    let zeros = bench.graph.zeros([2])
    let sum = bench.graph.add(bench.graph.add(x, constant), zeros)
    let program = try bench.program([sum])
    for _ in 0..<3 {
      try program.run()
      #expect(try program.readDoubles(sum) == [1.1, -299_999])
    }
  }

  @Test func `outputs that no command makes can be read`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [4, 5], [2])
    let constant = bench.graph.constant([7], shape: [1])
    #expect(try bench.run([x, constant]) == [[4, 5], [7]])
  }

  @Test func `new inputs give new results without a new program`() throws {
    let bench = Workbench()
    let x = try bench.input("x", [1, 2], [2])
    let sum = bench.graph.add(x, x)
    let program = try bench.program([sum])
    for value in [3.0, -1, 8] {
      try bench.backend.upload(
        reals: [value, value + 1], to: BufferView(try #require(bench.storages["x"])))
      try program.run()
      #expect(try program.readDoubles(sum) == [2 * value, 2 * value + 2])
    }
  }

  @Test func `a program counts the operations of its matrix products`() throws {
    let bench = Workbench()
    let a = try bench.input("a", [Double](repeating: 1, count: 6), [2, 3])
    let b = try bench.input("b", [Double](repeating: 1, count: 15), [5, 3])
    let product = bench.graph.multiply(a, b, transposeB: true)
    _ = bench.graph.multiply(product, product, transposeA: true)
    #expect(try bench.program([product]).floatingPointOperations == 2 * 2 * 3 * 5)
  }
}
