import Compute
import Graph

/// The small device buffers that change from step to step (Kernels/random.h and objective.cl give their slots), and the
/// tables of the steps to come, from which a training step takes its successor's.
package final class StepInputs {
  static let stateStorage = "state"
  static let scalarStorage = "scalars"
  static let updateStorage = "update"
  static let stateTableStorage = "state table"
  static let scalarTableStorage = "scalar table"
  private static let width = 8

  package let state: any DeviceBuffer
  package let scalars: any DeviceBuffer
  private let update: any DeviceBuffer
  private let stateTable: any DeviceBuffer
  private let scalarTable: any DeviceBuffer
  private let backend: any Backend
  private let slots: Int

  /// What tells one step from the next.
  package struct Step: Equatable {
    package var seed: UInt64
    /// Keys the noise.
    package var number: Int
    /// Position of the batch in the order of samples.
    package var batchStart: Int
    /// Row of the history that the step writes.
    package var slot: Int
    package var learningRate: Double
    package var beta: Double
    var adam: AdamSettings
    /// C of the capacity objective.
    package var capacity: Double

    package init(
      seed: UInt64, number: Int, batchStart: Int, slot: Int, learningRate: Double, beta: Double,
      capacity: Double = 0, adam: AdamSettings = AdamSettings()
    ) {
      self.seed = seed
      self.number = number
      self.batchStart = batchStart
      self.slot = slot
      self.learningRate = learningRate
      self.beta = beta
      self.capacity = capacity
      self.adam = adam
    }
  }

  /// - Parameter slots: rows of the tables and of the history.
  init(_ backend: any Backend, slots: Int = 1) throws(ComputeError) {
    self.backend = backend
    self.slots = slots
    let real = Self.width * backend.realType.byteCount
    state = try backend.allocate(byteCount: Self.width * 4)
    scalars = try backend.allocate(byteCount: real)
    update = try backend.allocate(byteCount: real)
    stateTable = try backend.allocate(byteCount: slots * Self.width * 4)
    scalarTable = try backend.allocate(byteCount: slots * real)
  }

  static func stateTensor(in graph: Graph) -> Tensor {
    graph.placed([width], .uint32, in: stateStorage, label: "step state")
  }

  func tensors(in graph: Graph) -> StepTensors {
    StepTensors(
      state: Self.stateTensor(in: graph),
      scalars: graph.placed([Self.width], in: Self.scalarStorage, label: "step scalars"),
      update: graph.placed([Self.width], in: Self.updateStorage, label: "update scalars"),
      stateTable: graph.placed([slots, Self.width], .uint32, in: Self.stateTableStorage),
      scalarTable: graph.placed([slots, Self.width], in: Self.scalarTableStorage))
  }

  var storages: [String: any DeviceBuffer] {
    [
      Self.stateStorage: state, Self.scalarStorage: scalars, Self.updateStorage: update,
      Self.stateTableStorage: stateTable, Self.scalarTableStorage: scalarTable,
    ]
  }

  /// What an evaluation pass draws its noise from.
  package func write(seed: UInt64, step: Int, batchStart: Int) throws(ComputeError) {
    let words = Self.words(
      Step(seed: seed, number: step, batchStart: batchStart, slot: 0, learningRate: 0, beta: 1))
    try backend.upload(words, to: BufferView(state, byteCount: Self.width * 4))
  }

  /// The next step, alone.
  package func write(_ step: Step) throws(ComputeError) {
    try backend.upload(Self.words(step), to: BufferView(state, byteCount: Self.width * 4))
    try backend.upload(
      reals: Self.reals(step),
      to: BufferView(scalars, byteCount: Self.width * backend.realType.byteCount))
  }

  /// The next steps, whose slots follow each other.
  func write(_ steps: [Step]) throws(ComputeError) {
    guard let first = steps.first else { return }
    try write(first)
    guard steps.count > 1 else { return }
    let before = Self.width * first.slot
    let words = [UInt32](repeating: 0, count: before) + steps.flatMap(Self.words)
    let reals = [Double](repeating: 0, count: before) + steps.flatMap(Self.reals)
    try backend.upload(words, to: BufferView(stateTable, byteCount: 4 * words.count))
    try backend.upload(
      reals: reals,
      to: BufferView(scalarTable, byteCount: reals.count * backend.realType.byteCount))
  }

  private static func words(_ step: Step) -> [UInt32] {
    [
      UInt32(truncatingIfNeeded: step.seed), UInt32(truncatingIfNeeded: step.seed >> 32),
      UInt32(step.number), UInt32(step.batchStart), UInt32(step.slot), 0, 0, 0,
    ]
  }

  /// The corrections of Adam are for the number of steps after this one.
  private static func reals(_ step: Step) -> [Double] {
    let t = Double(step.number + 1)
    return [
      step.learningRate, step.beta, 1 / (1 - power(step.adam.beta1, t)),
      1 / (1 - power(step.adam.beta2, t)).squareRoot(), step.capacity, 0, 0, 0,
    ]
  }
}
