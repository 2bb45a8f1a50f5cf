import Compute
import Graph
import Testing

@Suite("The guard against values that are not finite") @MainActor struct NonFiniteGuardTests {
  /// The three scalars in storages, changed between steps.
  @MainActor private final class Training {
    let backend: any Backend
    let graph = Graph()
    let program: Program
    var buffers: [String: any DeviceBuffer] = [:]
    let parameter, guardFlags, history, m, v: Tensor

    init(on backend: any Backend, count: Int, maximumNorm: Double = 1) throws {
      self.backend = backend
      let gradient = graph.placed([count], in: "gradient")
      let objective = graph.placed([3], in: "objective")
      let step = StepTensors(
        state: graph.placed([8], .uint32, in: "state"), scalars: graph.placed([8], in: "scalars"),
        update: graph.placed([8], in: "update"),
        stateTable: graph.placed([4, 8], .uint32, in: "state table"),
        scalarTable: graph.placed([4, 8], in: "scalar table"))
      guardFlags = graph.placed([2], in: "guard")
      history = graph.placed([4, 4], in: "history")
      parameter = graph.placed([count], in: "parameter")
      m = graph.placed([count], in: "m")
      v = graph.placed([count], in: "v")
      graph.finishBackward(
        gradients: gradient, objective: objective, step: step, guardFlags: guardFlags,
        history: history, maximumNorm: maximumNorm)
      graph.adam(
        gradient: gradient, scalars: step.update, guardFlags: guardFlags, parameter: parameter,
        firstMoment: m, secondMoment: v)
      for name in ["gradient", "parameter", "m", "v"] {
        buffers[name] = try backend.allocate(byteCount: count * 8)
      }
      for name in [
        "objective", "state", "scalars", "guard", "history", "update", "state table",
        "scalar table",
      ] {
        buffers[name] = try backend.allocate(byteCount: 512)
      }
      program = try Program(graph, outputs: [], backend: backend, storages: buffers)
    }

    func upload(_ values: [Double], _ name: String) throws {
      try backend.upload(reals: values, to: BufferView(try #require(buffers[name])))
    }

    func step(_ slot: Int, gradient: [Double], loss: Double = 2) throws {
      try upload(gradient, "gradient")
      try upload([loss, -1, 1], "objective")
      try upload([0.01, 1, 1, 1, 0, 0, 0, 0], "scalars")
      let state = BufferView(try #require(buffers["state"]))
      try backend.upload([1, 0, UInt32(slot), 0, UInt32(slot), 0, 0, 0], to: state)
      try program.run()
    }

    func read(_ tensors: [Tensor]) throws -> [[Double]] {
      try tensors.map { try program.readDoubles($0) }
    }
  }

  enum Poison: Double, CaseIterable {
    case nan = 0
    case infinity = 1
    case negativeInfinity = 2
    case overflowOfTheSquares = 3
    case nanLoss = 4
    case infiniteLoss = 5

    var gradient: Double {
      switch self {
      case .nan: .nan
      case .infinity: .infinity
      case .negativeInfinity: -.infinity
      case .overflowOfTheSquares: 1e30
      case .nanLoss, .infiniteLoss: 0.5
      }
    }

    /// A gradient beyond the root of float32's largest is finite, but for Adam's square of it.
    var maximumNorm: Double { self == .overflowOfTheSquares ? 0 : 1 }

    var loss: Double {
      switch self {
      case .nanLoss: .nan
      case .infiniteLoss: .infinity
      default: 2
      }
    }
  }

  @Test(arguments: TestDevice.all, Poison.allCases)
  func `one bad step sets the guard for good and the parameters stay`(
    _ device: TestDevice, _ poison: Poison
  ) throws {
    let count = 100
    let training = try Training(
      on: try device.open(), count: count, maximumNorm: poison.maximumNorm)
    let good = (0..<count).map { Double($0 % 7) - 3 }
    try training.step(0, gradient: good)
    let kept = try training.read([training.parameter, training.m, training.v])
    #expect(kept[0].contains { $0 != 0 } && kept[1].contains { $0 != 0 })
    #expect(try training.read([training.guardFlags])[0][1] == 0)

    var bad = good
    bad[count / 2] = poison.gradient
    try training.step(1, gradient: bad, loss: poison.loss)
    #expect(try training.read([training.guardFlags])[0][1] == 1)
    #expect(bits(try training.read([training.parameter, training.m, training.v])) == bits(kept))

    try training.step(2, gradient: good)
    let flags = try training.read([training.guardFlags])[0]
    #expect(flags[1] == 1, "the mark is sticky")
    let factor = poison.maximumNorm > 0 ? 1 / norm(good) : 1
    #expect(abs(flags[0] - factor) <= 1e-6, "the clip factor is that of the step")
    #expect(bits(try training.read([training.parameter, training.m, training.v])) == bits(kept))
    let history = try training.read([training.history])[0]
    #expect(history[0] == 2 && history[8] == 2, "every step has its row of the history")
    #expect(!(history[4].isFinite && history[7].isFinite), "the bad step shows in the history")
  }

  @Test(arguments: TestDevice.all, [1e-30, 1e20, 1e30, 1e35])
  func `a gradient whose squares leave float32 has its norm and is clipped`(
    _ device: TestDevice, _ scale: Double
  ) throws {
    let maximumNorm = min(1, scale)
    let training = try Training(on: try device.open(), count: 9000, maximumNorm: maximumNorm)
    // Three parts, of which one is of ordinary size.
    let gradient = (0..<9000).map { (Double($0 % 7) - 3) * ($0 < 4096 ? min(scale, 1) : scale) }
    try training.step(0, gradient: gradient)
    let flags = try training.read([training.guardFlags])[0]
    #expect(flags[1] == 0, "the step is finite")
    #expect(abs(flags[0] * norm(gradient) / maximumNorm - 1) < 1e-5)
    let found = try training.read([training.history])[0][3]
    #expect(abs(found / norm(gradient) - 1) < 1e-5)
    let moved = try training.read([training.parameter, training.m, training.v]).flatMap { $0 }
    #expect(!moved.contains { !$0.isFinite })
  }

  private func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
