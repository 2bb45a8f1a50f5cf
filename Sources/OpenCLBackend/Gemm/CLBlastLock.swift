import CCLBlast
import CCLBlastParameters
import COpenCL
import Synchronization

/// CLBlast keeps compiled kernels and tuning parameters for the whole process, and before 1.6.1 two threads must not compile
/// at once. Backends of one device may want different parameters, so each call brings its own.
package enum CLBlastLock {
  private static let mutex = Mutex<[UInt: CLBlastDevice]>([:])

  static func run<T>(_ body: () -> T) -> T { mutex.withLock { _ in body() } }

  /// Runs `body` with parameters in force on a device; without it where CLBlast refuses them.
  static func run(
    on device: cl_device_id, with parameters: CLBlastParameters,
    _ body: () -> CLBlastStatusCode = { CLBlastSuccess }
  ) -> CLBlastStatusCode {
    mutex.withLock { devices in
      let status = devices[UInt(bitPattern: device), default: CLBlastDevice()]
        .apply(parameters, to: device)
      return status == CLBlastSuccess ? body() : status
    }
  }

  /// What CLBlast says is in force on a device; nil where it does not know the kernel.
  package static func inForce(_ kernel: CLBlastKernel, on device: OpenCLDevice) -> [Int]? {
    run { CLBlastDevice.retrieve(kernel, of: device.id) }
  }

  /// How often parameters of a device were replaced.
  package static func changeCount(on device: OpenCLDevice) -> Int {
    mutex.withLock { $0[UInt(bitPattern: device.id)]?.changeCount ?? 0 }
  }
}

/// What is in force on a device of this process.
private struct CLBlastDevice {
  /// nil after a refusal half-way.
  private var current: CLBlastParameters? = .stock
  /// CLBlast's own values, of kernels that were changed.
  private var stock: [CLBlastKernel: [Int]] = [:]
  private var values: [CLBlastKernel: [Int]] = [:]
  private(set) var changeCount = 0

  mutating func apply(
    _ parameters: CLBlastParameters, to device: cl_device_id
  ) -> CLBlastStatusCode {
    guard parameters != current else { return CLBlastSuccess }
    current = nil
    for kernel in CLBlastKernel.allCases {
      if stock[kernel] == nil {
        guard parameters[kernel] != nil else { continue }
        // Before the first change: what CLBlast tells then is its own.
        guard let own = Self.retrieve(kernel, of: device) else {
          return CLBlastInvalidOverrideKernel
        }
        (stock[kernel], values[kernel]) = (own, own)
      }
      guard let wanted = parameters[kernel] ?? stock[kernel], wanted != values[kernel] else {
        continue
      }
      let status = vae_clblast_override(
        device, kernel.rawValue, kernel.names, wanted.map { Int(max($0, 0)) })
      guard status == 0 else { return CLBlastStatusCode(rawValue: status) }
      values[kernel] = wanted
      changeCount += 1
    }
    current = parameters
    return CLBlastSuccess
  }

  static func retrieve(_ kernel: CLBlastKernel, of device: cl_device_id) -> [Int]? {
    var values = [Int](repeating: 0, count: kernel.names.split(separator: " ").count)
    return vae_clblast_retrieve(device, kernel.rawValue, kernel.names, &values) == 0 ? values : nil
  }
}
