import Compute
import Graph

/// The small device buffers that change from step to step (Kernels/random.h and objective.cl give their slots).
package final class StepInputs {
  static let stateStorage = "state"
  static let scalarStorage = "scalars"

  package let state: any DeviceBuffer
  package let scalars: any DeviceBuffer
  private let backend: any Backend

  init(_ backend: any Backend) throws(ComputeError) {
    self.backend = backend
    state = try backend.allocate(byteCount: 8 * 4)
    scalars = try backend.allocate(byteCount: 8 * backend.realType.byteCount)
  }

  static func stateTensor(in graph: Graph) -> Tensor {
    graph.placed([8], .uint32, in: stateStorage, label: "step state")
  }

  static func scalarTensor(in graph: Graph) -> Tensor {
    graph.placed([8], in: scalarStorage, label: "step scalars")
  }

  /// - Parameters:
  ///   - step: keys the noise.
  ///   - batchStart: position of the batch in the order of samples.
  ///   - historySlot: row of the history that the step writes.
  package func write(seed: UInt64, step: Int, batchStart: Int, historySlot: Int = 0)
    throws(ComputeError)
  {
    let words: [UInt32] = [
      UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), UInt32(step),
      UInt32(batchStart), UInt32(historySlot), 0, 0, 0,
    ]
    try backend.upload(words, to: BufferView(state, byteCount: 32))
  }

  /// The numbers of an optimizer step; corrections of Adam are for the step count after this step.
  package func write(learningRate: Double, beta: Double, step: Int) throws(ComputeError) {
    let t = Double(step + 1)
    let values = [
      learningRate, beta, 1 / (1 - power(AdamDefaults.beta1, t)),
      1 / (1 - power(AdamDefaults.beta2, t)).squareRoot(), 0, 0, 0,
      0,
    ]
    try backend.upload(
      reals: values, to: BufferView(scalars, byteCount: 8 * backend.realType.byteCount))
  }
}
