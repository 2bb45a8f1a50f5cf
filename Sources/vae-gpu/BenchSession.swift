import VAEGPU

/// What the workloads of one call of `bench` share: the device and its peaks.
final class BenchSession {
  let device: Device
  /// Of the operands of matrix products.
  let precision: Precision
  /// Seconds to open the device and to build or load its programs.
  let openingSeconds: Double
  private let reason: String
  private var measured: MeasuredPeaks?
  private var profiling: Device?

  init(_ options: DeviceOptions, gemm: String?, precision: Precision) throws {
    let choice = try Device.choose(options.device)
    try choice.check(precision)
    self.precision = precision
    let start = monotonicSeconds()
    device = try Device.open(
      choice: choice, threads: options.threads, gemm: Self.choice(gemm, on: choice),
      order: options.order)
    openingSeconds = monotonicSeconds() - start
    reason = choice.reason
  }

  /// nil: as tuned.
  private static func choice(_ name: String?, on choice: Device.Choice) -> GemmChoice? {
    switch name {
    case "untuned": .untuned
    case "clblast": Tuning(choice)?.clblast
    default: nil
    }
  }

  /// Measured at the first call: after a workload has compiled what it needs, which then counts as its own.
  func peaks() throws -> MeasuredPeaks {
    if let measured { return measured }
    let peaks = try MeasuredPeaks(of: device, precision: precision)
    measured = peaks
    return peaks
  }

  /// The device to time launches on; nil: the device itself. Kept, for opening it compiles.
  func profilingDevice() throws -> Device? {
    if profiling == nil { profiling = try device.openedForProfiling() }
    return profiling
  }

  var deviceLine: String {
    let kind = ([device.info.platform] + (device.info.instructionSet.map { [$0] } ?? []))
      .joined(separator: ", ")
    return "device  \(device.info.name) (\(kind)); \(reason)"
  }
}
