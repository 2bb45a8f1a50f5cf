import COpenCL
import Compute

/// An OpenCL device that can be opened.
package struct OpenCLDevice: @unchecked Sendable {
  // cl_device_id and cl_platform_id of root devices live as long as the process and are safe to share.
  let id: cl_device_id
  let platform: cl_platform_id
  package private(set) var info: DeviceInfo
  /// How it multiplies small matrices in one instruction; nil: not at all.
  package var matrixInstructions: MatrixInstructions?

  /// Whether the driver compiles a kernel when it is first launched with a size of work-group, and keeps the result in a cache
  /// of its own.
  package var compilesAtLaunch: Bool { Self.compilesAtLaunch(platform: info.platform) }

  package static func compilesAtLaunch(platform: String) -> Bool {
    platform == "Portable Computing Language"
  }

  /// Whether the driver's compiler can be trusted with launches of several commands
  /// (`JoinedLaunch`).
  package var runsJoinedLaunches: Bool {
    info.platform != "Portable Computing Language" && GemmTarget(self).runsJoinedLaunches
  }

  /// Every OpenCL device, GPUs first, then accelerators, then the rest, numbered from 0 in that order. Empty where no
  /// driver is installed or none offers a device (`driverProblems`). Discovered once: drivers may not be thread-safe here.
  package static func all() -> [OpenCLDevice] { discovered }

  private static let discovered = discover()

  private static func discover() -> [OpenCLDevice] {
    var found: [(device: cl_device_id, platform: cl_platform_id, info: DeviceInfo)] = []
    for platform in OpenCLPlatforms.found.platforms {
      for device in platform.devices {
        found.append((device, platform.id, describe(device, on: platform.name)))
      }
    }
    let order: [DeviceInfo.Kind] = [.gpu, .accelerator, .cpu, .other]
    let sorted = order.flatMap { kind in found.filter { $0.info.type == kind } }
    return sorted.enumerated().map { index, entry in
      var info = entry.info
      info.index = index
      var device = OpenCLDevice(id: entry.device, platform: entry.platform, info: info)
      device.matrixInstructions = MatrixInstructions.of(device)
      device.info.features += [Precision.tf32, .bf16].filter(device.precisions.contains)
        .map(\.rawValue)
      return device
    }
  }

  /// The number of installed OpenCL platforms (drivers).
  package static var platformCount: Int { OpenCLPlatforms.found.platforms.count }

  /// Drivers that are installed and offer no device.
  package static var driverProblems: [DriverProblem] { OpenCLPlatforms.found.problems }
}
