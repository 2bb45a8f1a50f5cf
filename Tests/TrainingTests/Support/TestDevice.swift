import CPUBackend
import Compute
import OpenCLBackend
import Testing

/// A device of this machine: the CPU backend on 1, 2 and 3 threads, and every OpenCL device.
struct TestDevice: Sendable, CustomTestStringConvertible {
  enum Kind: Sendable {
    case cpu(threads: Int)
    case openCL(OpenCLDevice)
  }

  let kind: Kind

  static let cpu = [1, 2, 3].map { TestDevice(kind: .cpu(threads: $0)) }
  /// Empty where no driver is installed: tests over it then have no cases.
  static let openCL = OpenCLDevice.all().map { TestDevice(kind: .openCL($0)) }
  static let all = cpu + openCL
  /// One of each kind, where the number of threads is not the point.
  static let backends = [cpu[1]] + openCL

  var testDescription: String {
    switch kind {
    case .cpu(let threads): "CPU backend, \(threads) thread\(threads == 1 ? "" : "s")"
    case .openCL(let device): "OpenCL \(device.info.selector): \(device.info.name)"
    }
  }

  /// The device, opened once per process. Everything that holds a device runs on the main actor: a backend belongs
  /// to one thread at a time, and CLBlast 1.5 compiles on one thread only.
  @MainActor func open() throws -> Device {
    if let device = Self.opened[testDescription] { return device }
    let backend: any Backend =
      switch kind {
      case .cpu(let threads): CPUBackend(threads: threads)
      // Not as somebody has tuned this machine: another order of sums is another run.
      case .openCL(let device): try OpenCLBackend(device, gemm: .untuned)
      }
    let device = Device(backend)
    Self.opened[testDescription] = device
    return device
  }

  @MainActor private static var opened: [String: Device] = [:]

  /// The float64 reference.
  @MainActor static let reference = Device(CPUBackend(threads: 1, realType: .float64))
}
