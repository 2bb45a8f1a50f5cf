import CPUBackend
import Compute
import Foundation
import OpenCLBackend
import Training

/// Device selection: the only place that knows both backends.
extension Device {
  /// The CPU backend and every OpenCL device, GPUs first, as `vae-gpu devices` lists them.
  public static var all: [DeviceInfo] {
    [CPUBackend.describe()] + OpenCLDevice.all().map(\.info)
  }

  /// How a device was chosen.
  public struct Choice: Sendable {
    public var info: DeviceInfo
    /// For example "no GPU was found".
    public var reason: String

    /// Throws `ConfigurationError` for a precision that the device has not, and warns of one that
    /// is slower than float32 there.
    package func check(_ precision: Precision) throws(ConfigurationError) {
      let device = info.index.flatMap { index in
        OpenCLDevice.all().first { $0.info.index == index }
      }
      try RunConfiguration.check(
        precision, device?.precisions ?? [.fp32, .bf16], of: info,
        advice: "add --device cpu")
      let hasInstructions = info.features.contains { $0.hasSuffix("-BF16") }
      if precision == .bf16, device == nil, !hasInstructions {
        DeviceEvents.send(
          .warning(
            "bf16 does not pay on \(info.name) as \(info.instructionSet ?? "it is"): without "
              + "AMX-BF16 or AVX512-BF16 it is slower than fp32"))
      }
    }
  }

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - selector: "cpu" (the CPU backend), a number or a name fragment of an OpenCL device, or "auto": the first GPU,
  ///     else the CPU backend. nil: `VAE_GPU_DEVICE`, else "auto".
  ///   - threads: of the CPU backend; nil: every processor.
  ///   - order: in which matrix products add on an OpenCL device that is no processor; nil: the
  /// fastest.
  ///
  /// Throws `ComputeError`. A device that was named and is missing or fails is an error, never
  /// another device; nor is the CPU backend opened with another instruction set than `VAE_GPU_ISA`
  /// names.
  public static func open(
    _ selector: String? = nil, threads: Int? = nil, order: SummationOrder? = nil
  ) throws(ComputeError) -> Device {
    try open(choice: choose(selector), threads: threads, order: order)
  }

  /// Opens what `choose` chose.
  public static func open(
    choice: Choice, threads: Int? = nil, order: SummationOrder? = nil
  ) throws(ComputeError) -> Device {
    try open(choice: choice, threads: threads, gemm: nil, order: order)
  }

  /// - Parameters:
  ///   - gemm: how matrix products are run; nil: as tuned.
  ///   - order: in which they add; nil: the fastest of the device.
  package static func open(
    choice: Choice, threads: Int? = nil, gemm: GemmChoice?, order: SummationOrder? = nil
  ) throws(ComputeError) -> Device {
    guard let index = choice.info.index else {
      return Device(CPUBackend(threads: threads, instructions: try InstructionSet.chosen()))
    }
    guard let device = OpenCLDevice.all().first(where: { $0.info.index == index }) else {
      throw ComputeError(
        .deviceNotFound, operation: "device \(index)",
        detail: "is gone; 'vae-gpu devices' lists what is there")
    }
    return Device(try OpenCLBackend(device, gemm: gemm, order: order ?? .fast))
  }

  /// Chooses a device without opening it.
  public static func choose(_ selector: String? = nil) throws(ComputeError) -> Choice {
    let fromEnvironment = ProcessInfo.processInfo.environment["VAE_GPU_DEVICE"] ?? ""
    let wanted = selector ?? (fromEnvironment.isEmpty ? "auto" : fromEnvironment)
    let origin = selector == nil && !fromEnvironment.isEmpty ? "VAE_GPU_DEVICE" : "--device"
    let name = wanted.lowercased()
    if name == "cpu" {
      return Choice(info: CPUBackend.describe(), reason: "\(origin) \(wanted)")
    }
    let devices = OpenCLDevice.all().map(\.info)
    if name == "auto" {
      if let gpu = devices.first(where: { $0.type == .gpu }) {
        return Choice(info: gpu, reason: "auto: the first GPU")
      }
      return Choice(
        info: CPUBackend.describe(),
        reason: (["auto: no GPU with an OpenCL driver was found"]
          + OpenCLDevice.driverProblems.map(\.summary)).joined(separator: "; "))
    }
    return Choice(
      info: try find(name, wanted, origin: origin, among: devices), reason: "\(origin) \(wanted)")
  }

  private static func find(
    _ name: String, _ wanted: String, origin: String, among devices: [DeviceInfo]
  ) throws(ComputeError) -> DeviceInfo {
    guard !devices.isEmpty else {
      throw ComputeError(
        .noDriver, operation: "\(origin) \(wanted)",
        detail: noDevice)
    }
    if let number = Int(name) {
      if let device = devices.first(where: { $0.index == number }) { return device }
    } else {
      let matches = devices.filter { $0.name.lowercased().contains(name) }
      if matches.count == 1 { return matches[0] }
      if matches.count > 1 {
        throw ComputeError(
          .deviceNotFound, operation: "\(origin) \(wanted)",
          detail:
            "\(matches.count) devices have this in their name: \(list(matches)); give a number")
      }
    }
    throw ComputeError(
      .deviceNotFound, operation: "\(origin) \(wanted)",
      detail: (["no such device; there are cpu, \(list(devices))"]
        + OpenCLDevice.driverProblems.map(\.summary)).joined(separator: "; "))
  }

  /// Why there is no OpenCL device, and what to do.
  private static var noDevice: String {
    let problems = OpenCLDevice.driverProblems
    guard problems.isEmpty else {
      return problems.map(\.description).joined(separator: "; ")
        + "; 'vae-gpu doctor' shows more; or use --device cpu"
    }
    let place = ListedDriver.source
    let hint = place == ListedDriver.folder ? "" : " where the environment points to, \(place)"
    return "no OpenCL driver is installed\(hint); install the one of your GPU's vendor, or "
      + "pocl-opencl-icd for the processor, or use --device cpu"
  }

  private static func list(_ devices: [DeviceInfo]) -> String {
    devices.map { "\($0.selector) (\($0.name))" }.joined(separator: ", ")
  }
}
