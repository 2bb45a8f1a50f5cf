import Compute

/// Measures the variants of matrix products on a device. A variant whose result is wrong cannot win.
package final class GemmTuner {
  /// One variant on one shape.
  package struct Trial: Sendable {
    package let variant: GemmVariant
    /// GFLOP/s; nil if it was refused.
    package let gflops: Double?
    /// Why it was refused: it did not build, or its result was wrong.
    package let refusal: String?
  }

  /// Largest error relative to the largest value that another order of summation explains.
  package static let tolerance = 1e-5

  private let backend: OpenCLBackend
  private let reference: any Backend
  private let secondsPerTrial: Double

  /// - Parameters:
  ///   - reference: what results are held against; the CPU backend.
  ///   - secondsPerTrial: time of each measurement.
  package init(
    _ device: OpenCLDevice, reference: any Backend, secondsPerTrial: Double = 0.03,
    cache: ProgramCache = .standard
  ) throws(ComputeError) {
    backend = try OpenCLBackend(device, cache: cache, gemm: .untuned)
    self.reference = reference
    self.secondsPerTrial = secondsPerTrial
  }

  /// Tries all candidates on a shape; the fastest right one comes first.
  package func tune(
    _ shape: GemmShape, candidates: [GemmVariant]
  ) throws(ComputeError) -> [Trial] {
    let expected = try Operands(shape, on: reference)
    try expected.run()
    let values = try expected.result()
    let operands = try Operands(shape, on: backend)
    var trials: [Trial] = []
    for variant in candidates {
      trials.append(try measure(variant, operands, expected: values))
    }
    return trials.sorted { ($0.gflops ?? 0) > ($1.gflops ?? 0) }
  }

  private func measure(
    _ variant: GemmVariant, _ operands: Operands, expected: [Float]
  ) throws(ComputeError) -> Trial {
    let sequence = OpenCLCommandSequence(backend: backend)
    do throws(ComputeError) {
      sequence.append(try backend.prepare(operands.multiply, as: variant))
      try operands.clearResult()
      try sequence.run()
      try backend.synchronize()
    } catch {
      return Trial(variant: variant, gflops: nil, refusal: "\(error.operation): \(error.detail)")
    }
    let error = Self.relativeError(try operands.result(), expected)
    guard error <= Self.tolerance else {
      return Trial(variant: variant, gflops: nil, refusal: "relative error \(error)")
    }
    // A few runs tell how many fill the time of a trial; the best of three trials counts.
    var count = 1
    var best = Double.infinity
    for trial in 0..<4 {
      let start = monotonicSeconds()
      for _ in 0..<count { try sequence.run() }
      try backend.synchronize()
      let seconds = (monotonicSeconds() - start) / Double(count)
      if trial == 0 {
        count = max(1, min(1000, Int(secondsPerTrial / 3 / max(seconds, 1e-7))))
      } else {
        best = min(best, seconds)
      }
    }
    let gflops = Double(operands.multiply.floatingPointOperations) / best * 1e-9
    return Trial(variant: variant, gflops: gflops, refusal: nil)
  }

  private static func relativeError(_ found: [Float], _ expected: [Float]) -> Double {
    let scale = expected.reduce(Float(1e-30)) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { worst, pair in
      pair.0.isFinite ? max(worst, Double(abs(pair.0 - pair.1) / scale)) : .infinity
    }
  }
}

/// The operands of a product of a shape on a device, with the same values on every device.
private struct Operands {
  let multiply: MatrixMultiply
  private let backend: any Backend

  init(_ shape: GemmShape, on backend: any Backend) throws(ComputeError) {
    self.backend = backend
    func buffer(_ count: Int, sample: UInt32) throws(ComputeError) -> BufferView {
      let view = BufferView(try backend.allocate(byteCount: 4 * count), byteCount: 4 * count)
      // A prime number of random values, over and over: neither rows nor columns are alike.
      let values = Philox(seed: 1, purpose: .initialisation)
        .uniforms(count: 8191, sample: sample).map { Float(2 * $0 - 1) }
      try backend.upload(reals: (0..<count).map { values[$0 % 8191] }, to: view)
      return view
    }
    multiply = MatrixMultiply(
      m: shape.m, n: shape.n, k: shape.k, transposeA: shape.transposeA,
      transposeB: shape.transposeB,
      a: try buffer(shape.m * shape.k, sample: 0), b: try buffer(shape.k * shape.n, sample: 1),
      c: try buffer(shape.m * shape.n, sample: 2))
  }

  func run() throws(ComputeError) {
    try backend.prepare([.multiply(multiply)]).run()
    try backend.synchronize()
  }

  func clearResult() throws(ComputeError) {
    let zeros = [Float](repeating: .nan, count: multiply.m * multiply.n)
    try backend.upload(reals: zeros, to: multiply.c)
  }

  func result() throws(ComputeError) -> [Float] {
    try backend.downloadFloats(multiply.c, count: multiply.m * multiply.n)
  }
}
