import COpenCL
import Compute

/// An OpenCL device that can be opened.
package struct OpenCLDevice: @unchecked Sendable {
  // cl_device_id and cl_platform_id of root devices live as long as the process and are safe to share.
  let id: cl_device_id
  let platform: cl_platform_id
  package let info: DeviceInfo

  /// Every OpenCL device, GPUs first, then accelerators, then the rest, numbered from 0 in that order. Empty where no
  /// driver is installed.
  /// Looked for once: drivers need not stand two threads that ask at the same time.
  package static func all() -> [OpenCLDevice] { discovered }

  private static let discovered = discover()

  private static func discover() -> [OpenCLDevice] {
    var found: [(device: cl_device_id, platform: cl_platform_id, info: DeviceInfo)] = []
    for platform in platforms {
      for device in devices(of: platform) {
        found.append((device, platform, describe(device, on: platform)))
      }
    }
    let order: [DeviceInfo.Kind] = [.gpu, .accelerator, .cpu, .other]
    let sorted = order.flatMap { kind in found.filter { $0.info.type == kind } }
    return sorted.enumerated().map { index, entry in
      var info = entry.info
      info.index = index
      return OpenCLDevice(id: entry.device, platform: entry.platform, info: info)
    }
  }

  /// The number of installed OpenCL platforms (drivers).
  package static var platformCount: Int { platforms.count }

  // cl_platform_id lives as long as the process. The first call of the OpenCL library is here, and it alone reads what
  // drivers there are.
  private nonisolated(unsafe) static let platforms = UnlistedDrivers.shown { readPlatforms() }

  private static func readPlatforms() -> [cl_platform_id] {
    CLBlastBuildOptions.set()
    var count: cl_uint = 0
    guard clGetPlatformIDs(0, nil, &count) == CL_SUCCESS, count > 0 else { return [] }
    var ids = [cl_platform_id?](repeating: nil, count: Int(count))
    guard clGetPlatformIDs(count, &ids, nil) == CL_SUCCESS else { return [] }
    return ids.compactMap { $0 }
  }

  private static func devices(of platform: cl_platform_id) -> [cl_device_id] {
    let all = cl_device_type(CL_DEVICE_TYPE_ALL)
    var count: cl_uint = 0
    guard clGetDeviceIDs(platform, all, 0, nil, &count) == CL_SUCCESS, count > 0 else { return [] }
    var ids = [cl_device_id?](repeating: nil, count: Int(count))
    guard clGetDeviceIDs(platform, all, count, &ids, nil) == CL_SUCCESS else { return [] }
    return ids.compactMap { $0 }
  }
}
