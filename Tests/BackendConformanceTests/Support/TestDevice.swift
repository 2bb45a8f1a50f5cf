import CPUBackend
import Compute
import Foundation
import OpenCLBackend
import Testing

/// A device of this machine that the suite runs on.
struct TestDevice: Sendable, CustomTestStringConvertible {
  enum Kind: Sendable {
    case cpu(threads: Int, InstructionSet)
    case openCL(OpenCLDevice)
  }

  let kind: Kind

  /// The CPU backend on 1, 2 and 3 threads and with every instruction set of the processor, and
  /// every OpenCL device; `VAE_GPU_TEST_DEVICES` = `opencl` or `cpu` keeps one kind, the number of
  /// an OpenCL device or a part of its name keeps the CPU backend and that device.
  static let all: [TestDevice] = {
    switch ProcessInfo.processInfo.environment["VAE_GPU_TEST_DEVICES"] {
    case "cpu": return cpu
    case "opencl":
      // Without a device every test over this list would pass.
      guard !openCL.isEmpty else { fatalError("VAE_GPU_TEST_DEVICES=opencl: no OpenCL device") }
      return openCL
    case nil, "": return cpu + openCL
    case let other?: return cpu + [named(other)]
    }
  }()

  private static func named(_ selector: String) -> TestDevice {
    let matches = openCL.filter {
      guard let info = $0.openCLDevice?.info else { return false }
      return info.selector == selector
        || Int(selector) == nil && info.name.lowercased().contains(selector.lowercased())
    }
    guard matches.count == 1 else {
      fatalError("VAE_GPU_TEST_DEVICES: \(matches.count) OpenCL devices are '\(selector)'")
    }
    return matches[0]
  }

  static let cpuThreads = [1, 2, 3].map { TestDevice(kind: .cpu(threads: $0, .current)) }
  static let cpu =
    cpuThreads
    + InstructionSet.available.filter { $0 != .current }
    .map { TestDevice(kind: .cpu(threads: 2, $0)) }
  static let openCL = OpenCLDevice.all().map { TestDevice(kind: .openCL($0)) }

  /// OpenCL devices among those asked for.
  static let allOpenCL = all.filter { $0.openCLDevice != nil }

  /// OpenCL devices that can round division and square root correctly, and so compute the bits of the CPU backend.
  static let exactOpenCL = allOpenCL.filter(\.isExact)

  var isExact: Bool {
    openCLDevice.map { OpenCLBackend.buildOptions($0).contains("correctly-rounded") } ?? true
  }

  var openCLDevice: OpenCLDevice? {
    if case .openCL(let device) = kind { device } else { nil }
  }

  var testDescription: String {
    switch kind {
    case .cpu(let threads, let instructions):
      "CPU backend, \(threads) thread\(threads == 1 ? "" : "s"), \(instructions.name)"
    case .openCL(let device): "OpenCL \(device.info.selector): \(device.info.name)"
    }
  }

  /// The device, opened once per process. Everything that holds a device runs on the main actor: a backend belongs to
  /// one thread at a time, and CLBlast 1.5 compiles on one thread only.
  @MainActor func open() throws -> any Backend {
    if let backend = Self.opened[testDescription] { return backend }
    let backend: any Backend =
      switch kind {
      case .cpu(let threads, let instructions):
        CPUBackend(threads: threads, instructions: instructions)
      case .openCL(let device):
        // Not as somebody has tuned this machine: results must not depend on that.
        try OpenCLBackend(device, cache: ProgramCache(directory: nil), gemm: .untuned)
      }
    Self.opened[testDescription] = backend
    return backend
  }

  @MainActor private static var opened: [String: any Backend] = [:]

  /// The float64 reference.
  @MainActor static let reference = CPUBackend(threads: 1, realType: .float64)
}

/// The sizes of the table: they straddle wavefronts and work-groups. `VAE_GPU_TEST_SIZES=small` keeps what an
/// interpreter such as Oclgrind can do.
enum TestSizes {
  static let standard = [1, 31, 32, 33, 63, 64, 65, 1000]
  static let isSmall = ProcessInfo.processInfo.environment["VAE_GPU_TEST_SIZES"] == "small"

  static func selected(_ sizes: [Int]) -> [Int] {
    guard isSmall else { return sizes }
    let few = sizes.filter { [1, 33, 65].contains($0) }
    return few.isEmpty ? sizes.filter { $0 <= 300 }.prefix(1).map { $0 } : few
  }
}

/// `VAE_GPU_TEST_OPS`, a regular expression, keeps the rows of the op table and the variants of matrix products whose name
/// has a match.
enum TestNames {
  static func isSelected(_ name: String) -> Bool {
    let pattern = ProcessInfo.processInfo.environment["VAE_GPU_TEST_OPS"] ?? ""
    guard let regex = try? Regex(pattern) else {
      preconditionFailure("VAE_GPU_TEST_OPS is no regular expression: \(pattern)")
    }
    return name.contains(regex)
  }
}
