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
    /// Whether the bits of the result are those of the reference.
    var isExact = false
  }

  /// Largest error relative to the largest value that another order of summation explains.
  package static let tolerance = 1e-5

  let backend: OpenCLBackend
  let reference: any Backend
  private let secondsPerTrial: Double
  /// Seconds that a variant may take until its first result, most of which is compilation.
  private let buildLimit: Double
  /// Variants that took longer, with the seconds: they are not tried on other shapes.
  private var slowBuilds: [GemmVariant: Double] = [:]

  /// - Parameters:
  ///   - reference: what results are held against; the CPU backend.
  ///   - secondsPerTrial: time of each measurement.
  ///   - buildLimit: seconds until the first result after which a variant is refused, on this shape
  ///     and all others.
  package init(
    _ device: OpenCLDevice, reference: any Backend, secondsPerTrial: Double = 0.03,
    buildLimit: Double = 60, cache: ProgramCache = .standard
  ) throws(ComputeError) {
    backend = try OpenCLBackend(device, cache: cache, gemm: .untuned)
    self.reference = reference
    self.secondsPerTrial = secondsPerTrial
    self.buildLimit = buildLimit
  }

  /// Lets CLBlast compete with parameters of an earlier choice, where it takes them.
  package func useCLBlast(_ parameters: CLBlastParameters?) {
    try? backend.useCLBlast(parameters ?? .stock)
  }

  /// Tries all candidates on a shape; the fastest right one comes first.
  ///
  /// - Parameter anyOrder: Also those whose bits differ from the reference's where another candidate has them: variants
  ///   that split k, and kernels that a compiler rounds in its own way.
  package func tune(
    _ shape: GemmShape, candidates: [GemmVariant], anyOrder: Bool = false
  ) throws(ComputeError) -> [Trial] {
    let expected = try GemmOperands(shape, on: reference)
    try expected.run()
    let values = try expected.result()
    let operands = try GemmOperands(shape, on: backend)
    var trials: [Trial] = []
    for variant in candidates {
      trials.append(try measure(variant, operands, expected: values))
    }
    if !anyOrder && trials.contains(where: \.isExact) {
      trials = trials.map {
        $0.isExact || $0.gflops == nil
          ? $0 : Trial(variant: $0.variant, gflops: nil, refusal: "other last bits")
      }
    }
    return trials.sorted { ($0.gflops ?? 0) > ($1.gflops ?? 0) }
  }

  /// The best speed of a variant, if its result is right and its kernel was compiled in time.
  /// CLBlast is never refused by time: it is what runs a product when nothing else does.
  func measure(
    _ variant: GemmVariant, _ operands: GemmOperands, expected: [Float]
  ) throws(ComputeError) -> Trial {
    if let seconds = slowBuilds[variant] {
      return Trial(
        variant: variant, gflops: nil,
        refusal: "not tried, since it took \(Int(seconds)) s to compile for another product")
    }
    let sequence = OpenCLCommandSequence(backend: backend)
    let start = monotonicSeconds()
    do throws(ComputeError) {
      sequence.append(try backend.prepare(operands.multiply, as: variant))
      try operands.clearResult()
      try sequence.run()
      try backend.synchronize()
    } catch {
      return Trial(variant: variant, gflops: nil, refusal: "\(error.operation): \(error.detail)")
    }
    let seconds = monotonicSeconds() - start
    if seconds > buildLimit && variant != .clblast {
      slowBuilds[variant] = seconds
      return Trial(
        variant: variant, gflops: nil,
        refusal: "took \(Int(seconds)) s to compile, more than \(Int(buildLimit)) s")
    }
    let result = try operands.result()
    let error = Self.relativeError(result, expected)
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
    let isExact = zip(result, expected).allSatisfy { $0.bitPattern == $1.bitPattern }
    return Trial(variant: variant, gflops: gflops, refusal: nil, isExact: isExact)
  }

  private static func relativeError(_ found: [Float], _ expected: [Float]) -> Double {
    let scale = expected.reduce(Float(1e-30)) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { worst, pair in
      pair.0.isFinite ? max(worst, Double(abs(pair.0 - pair.1) / scale)) : .infinity
    }
  }
}
