import CPUBackend
import Compute
import Graph

/// Small problems on a device, held against the float64 CPU backend.
package enum SelfTest {
  /// Largest error, relative to the largest value, that float32 arithmetic explains.
  package static let tolerance = 2e-5

  /// The relative error of C = A B, 64 x 64 x 64.
  package static func matrixProduct(on device: Device) throws(ComputeError) -> Double {
    let size = 64
    let inputs = [random(size * size, sample: 0), random(size * size, sample: 1)]
    return try relativeError(on: device, inputs: inputs) { graph in
      [
        graph.multiply(
          graph.placed([size, size], in: "input 0"), graph.placed([size, size], in: "input 1"))
      ]
    }
  }

  /// The relative error of the fused sample and KL of a posterior: 33 rows of 20 latents.
  package static func reparameterise(on device: Device) throws(ComputeError) -> Double {
    let (rows, latents) = (33, 20)
    return try relativeError(on: device, inputs: [random(rows * 2 * latents, sample: 2)]) { graph in
      let (z, kl) = graph.reparameterise(
        graph.placed([rows, 2 * latents], in: "input 0"),
        order: graph.placed([rows], .uint32, in: "order"),
        state: graph.placed([8], .uint32, in: "state"), purpose: .trainingNoise)
      return [z, kl]
    }
  }

  private static func random(_ count: Int, sample: UInt32) -> [Float] {
    Philox(seed: 1, purpose: .initialisation).uniforms(count: count, sample: sample)
      .map { Float(2 * $0 - 1) }
  }

  private static func relativeError(
    on device: Device, inputs: [[Float]], record: (Graph) -> [Tensor]
  ) throws(ComputeError) -> Double {
    let values = try run(on: device.backend, inputs: inputs, record: record)
    let reference = try run(
      on: CPUBackend(threads: 1, realType: .float64), inputs: inputs, record: record)
    var worst = 0.0
    for (found, expected) in zip(values, reference) {
      worst = max(worst, VAEGPU.relativeError(found, expected))
    }
    return worst
  }

  private static func run(
    on backend: any Backend, inputs: [[Float]], record: (Graph) -> [Tensor]
  ) throws(ComputeError) -> [[Double]] {
    let graph = Graph()
    let outputs = record(graph)
    var storages: [String: any DeviceBuffer] = [:]
    for (index, values) in inputs.enumerated() {
      let buffer = try backend.allocate(byteCount: values.count * backend.realType.byteCount)
      try backend.upload(reals: values, to: BufferView(buffer))
      storages["input \(index)"] = buffer
    }
    let words: [String: [UInt32]] = [
      "order": (0..<64).map { $0 }, "state": [1, 0, 0, 0, 0, 0, 0, 0],
    ]
    for (name, values) in words {
      let buffer = try backend.allocate(byteCount: 4 * values.count)
      try backend.upload(values, to: BufferView(buffer))
      storages[name] = buffer
    }
    let program = try Program(graph, outputs: outputs, backend: backend, storages: storages)
    try program.run()
    var values: [[Double]] = []
    for tensor in outputs { values.append(try program.readDoubles(tensor)) }
    return values
  }
}
