import COpenCL
import Compute

/// An installed OpenCL driver and the devices that it offers.
struct OpenCLPlatform: @unchecked Sendable {
  // cl_platform_id and cl_device_id of root devices live as long as the process and are safe to share.
  let id: cl_platform_id
  let name: String
  let devices: [cl_device_id]
  /// Why there are no devices; nil where there are some.
  let problem: DriverProblem?
}

/// The OpenCL platforms of this machine.
enum OpenCLPlatforms {
  /// Enumerated once: drivers may not be thread-safe here. The first call of the OpenCL library is in it, and the loader
  /// looks for drivers in that call only.
  static let found = {
    // Read before the environment is changed for the loader.
    _ = ListedDriver.source
    CLBlastBuildOptions.set()
    return UnlistedDrivers.shown { enumerate() }
  }()

  /// The platforms, and the problem of the loader or of the drivers that it could not use.
  private static func enumerate() -> (platforms: [OpenCLPlatform], problems: [DriverProblem]) {
    var count: cl_uint = 0
    var status = clGetPlatformIDs(0, nil, &count)
    var ids = [cl_platform_id?](repeating: nil, count: Int(count))
    if status == CL_SUCCESS, count > 0 { status = clGetPlatformIDs(count, &ids, nil) }
    // CL_PLATFORM_NOT_FOUND_KHR: the loader has no driver that works.
    if status == -1001 || status == CL_SUCCESS && count == 0 {
      return ([], ListedDriver.all.map(\.problem))
    }
    guard status == CL_SUCCESS else {
      let call = "clGetPlatformIDs failed with \(OpenCLStatus.name(status))"
      return (
        [],
        [
          DriverProblem(
            subject: "the OpenCL loader", problem: "finds no platform: \(call)",
            advice: "look at the drivers that \(ListedDriver.source) names")
        ]
      )
    }
    let platforms = ids.compactMap { $0 }.enumerated().map { platform($1, number: $0) }
    return (
      platforms, platforms.compactMap(\.problem) + ListedDriver.all.compactMap(\.loadProblem)
    )
  }

  private static func platform(_ id: cl_platform_id, number: Int) -> OpenCLPlatform {
    var name = OpenCLDevice.string(platform: id, CL_PLATFORM_NAME)
    if name.isEmpty {
      let status = clGetPlatformInfo(id, cl_platform_info(CL_PLATFORM_NAME), 0, nil, nil)
      name = "\(number) (without a name: clGetPlatformInfo gave \(OpenCLStatus.name(status)))"
    }
    let all = cl_device_type(CL_DEVICE_TYPE_ALL)
    var count: cl_uint = 0
    var status = clGetDeviceIDs(id, all, 0, nil, &count)
    var ids = [cl_device_id?](repeating: nil, count: status == CL_SUCCESS ? Int(count) : 0)
    if status == CL_SUCCESS, count > 0 { status = clGetDeviceIDs(id, all, count, &ids, nil) }
    let devices = status == CL_SUCCESS ? ids.compactMap { $0 } : []
    let problem =
      devices.isEmpty ? DriverProblem(platform: name, status: OpenCLStatus.name(status)) : nil
    return OpenCLPlatform(id: id, name: name, devices: devices, problem: problem)
  }
}
