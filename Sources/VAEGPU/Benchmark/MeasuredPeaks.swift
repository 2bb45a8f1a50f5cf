import Compute

/// What a device reaches through this engine on work that suits it: the yardsticks of a benchmark, measured in its run.
package struct MeasuredPeaks: Sendable {
  /// The fastest square matrix product, in 10^9 operations per second.
  package let gemmGFLOPS: Double
  /// A copy far larger than caches, in 10^9 bytes read and written per second.
  package let copyGBPerSecond: Double
  /// Seconds per launch of a kernel with one item, many in a row.
  package let emptyLaunchSeconds: Double

  /// - Parameter precision: of the operands of the matrix product.
  package init(of device: Device, precision: Precision = .fp32) throws(ComputeError) {
    let backend = device.backend
    gemmGFLOPS = try Self.gemm(on: backend, precision)
    copyGBPerSecond = try Self.copy(on: backend)
    emptyLaunchSeconds = try Self.emptyLaunch(on: backend)
  }

  /// Square products of 512 and up in the layouts of a training step (forward, gradient of the input, gradient of the
  /// weight): libraries differ between them. A larger one only where it will not take long.
  private static func gemm(
    on backend: any Backend, _ precision: Precision
  ) throws(ComputeError) -> Double {
    var best = 0.0
    for size in [512, 1024, 2048, 4096] {
      let operations = 2 * Double(size) * Double(size) * Double(size)
      if best > 0 && operations / best > 0.15 { break }
      let byteCount = 4 * size * size
      var views: [BufferView] = []
      for _ in 0..<3 {
        views.append(BufferView(try backend.allocate(byteCount: byteCount), byteCount: byteCount))
      }
      // Zeros would cost a GPU less power than numbers do.
      for view in views[..<2] { try backend.upload(reals: scattered(size * size), to: view) }
      for (transposeA, transposeB) in [(false, true), (false, false), (true, false)] {
        var product = MatrixMultiply(
          m: size, n: size, k: size, transposeA: transposeA, transposeB: transposeB, a: views[0],
          b: views[1], c: views[2])
        product.precision = precision
        let seconds = try fastest([.multiply(product)], on: backend, budget: 0.06)
        best = max(best, operations / seconds)
      }
    }
    return best * 1e-9
  }

  /// Numbers in [-1, 1), by a multiplicative hash.
  private static func scattered(_ count: Int) -> [Float] {
    (0..<UInt32(count)).map { Float(Int32(bitPattern: $0 &* 2_654_435_761)) * 0x1p-31 }
  }

  private static func copy(on backend: any Backend) throws(ComputeError) -> Double {
    // A sixteenth of the memory in whole MiB, within 64 MiB ... 256 MiB.
    let part = Int(clamping: backend.info.memory / 16) & ~0xF_FFFF
    let byteCount = min(256 << 20, max(64 << 20, part))
    let source = BufferView(try backend.allocate(byteCount: byteCount), byteCount: byteCount)
    let target = BufferView(try backend.allocate(byteCount: byteCount), byteCount: byteCount)
    let seconds = try fastest(
      [duplicate(source, target, count: byteCount / 4)], on: backend, budget: 0.3)
    return Double(2 * byteCount) / seconds * 1e-9
  }

  private static func emptyLaunch(on backend: any Backend) throws(ComputeError) -> Double {
    let source = BufferView(try backend.allocate(byteCount: 4), byteCount: 4)
    let target = BufferView(try backend.allocate(byteCount: 4), byteCount: 4)
    let launches = 64
    let commands = [Command](repeating: duplicate(source, target, count: 1), count: launches)
    return try fastest(commands, on: backend, budget: 0.1) / Double(launches)
  }

  private static func duplicate(_ source: BufferView, _ target: BufferView, count: Int) -> Command {
    .kernel(
      KernelLaunch(
        "duplicate", [.buffer(source), .buffer(target), .count(count)], .items(count)))
  }

  /// Seconds of the fastest run of commands within `budget` seconds, after one that warms up.
  private static func fastest(
    _ commands: [Command], on backend: any Backend, budget: Double
  ) throws(ComputeError) -> Double {
    let sequence = try backend.prepare(commands)
    try sequence.run()
    try backend.synchronize()
    var best = Double.infinity
    var runs = 1
    let end = monotonicSeconds() + budget
    repeat {
      let start = monotonicSeconds()
      for _ in 0..<runs { try sequence.run() }
      try backend.synchronize()
      best = min(best, (monotonicSeconds() - start) / Double(runs))
      // Enough runs between two waits that the wait does not count.
      runs = min(max(Int(0.01 / max(best, 1e-7)), 1), 1000)
    } while monotonicSeconds() < end
    return max(best, 1e-9)
  }
}
