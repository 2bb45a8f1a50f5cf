import COpenCL
import Compute

/// The properties of a device that decide which variants of a matrix product it can run, and which
/// it is given.
///
/// They are apart from the device, so that the variants of a GPU can be listed on a machine that
/// has none.
package struct GemmTarget: Sendable {
  /// Makers of GPUs whose devices get code of their own. The name is an option of a build
  /// (Kernels/device.h).
  package enum Vendor: String, Sendable {
    case nvidia = "NVIDIA"
    case amd = "AMD"

    /// By the number of the PCI bus.
    init?(number: cl_uint) {
      switch number {
      case 0x10de: self = .nvidia
      case 0x1002: self = .amd
      default: return nil
      }
    }
  }

  /// The name of the OpenCL platform, such as "NVIDIA CUDA".
  package var platform: String
  package var type: DeviceInfo.Kind
  /// nil for others.
  package var vendor: Vendor?
  /// Floats in a vector of the panel kernel: 16 or 8.
  package var vectorWidth: Int
  /// Bytes of local memory of a work-group.
  package var localByteCount: Int
  /// The largest work-group, in work-items.
  package var workGroupSize: Int
  /// Processors that each run work-groups.
  package var computeUnits: Int
  /// nil: there are none.
  package var matrixInstructions: MatrixInstructions?

  /// Not on AMD's, where one kernel of many parts has more registers than there are (`make
  /// gpu-report`: 418 spilled on gfx1100).
  var runsJoinedLaunches: Bool { vendor != .amd }

  package init(
    platform: String, type: DeviceInfo.Kind, vendor: Vendor? = nil, vectorWidth: Int = 8,
    localByteCount: Int = 48 << 10, workGroupSize: Int = 1024, computeUnits: Int = 100,
    matrixInstructions: MatrixInstructions? = nil
  ) {
    self.platform = platform
    self.type = type
    self.vendor = vendor
    self.vectorWidth = vectorWidth
    self.localByteCount = localByteCount
    self.workGroupSize = workGroupSize
    self.computeUnits = computeUnits
    self.matrixInstructions = matrixInstructions
  }

  package init(_ device: OpenCLDevice) {
    let local: cl_ulong = OpenCLDevice.scalar(device.id, CL_DEVICE_LOCAL_MEM_SIZE, 0)
    self.init(
      platform: device.info.platform, type: device.info.type,
      vendor: Vendor(number: OpenCLDevice.scalar(device.id, CL_DEVICE_VENDOR_ID, 0)),
      vectorWidth: GemmVariant.vectorWidth(of: device), localByteCount: Int(local),
      workGroupSize: OpenCLDevice.scalar(device.id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 1),
      computeUnits: max(device.info.computeUnits, 1),
      matrixInstructions: device.matrixInstructions)
  }

  /// What every GPU of NVIDIA's, AMD's and Intel's OpenCL platforms offers at least; matrix
  /// instructions are those of newer ones.
  package static let graphicsProcessors =
    [
      GemmTarget(
        platform: "NVIDIA CUDA", type: .gpu, vendor: .nvidia, matrixInstructions: .init(.mma))
    ]
    + [MatrixLayout.mfma, .wmma].map {
      GemmTarget(
        platform: "AMD Accelerated Parallel Processing", type: .gpu, vendor: .amd,
        localByteCount: 64 << 10, workGroupSize: 256, matrixInstructions: .init($0))
    }
    + [MatrixLayout.xmx16, .xmx8].map {
      GemmTarget(
        platform: "Intel(R) OpenCL Graphics", type: .gpu, localByteCount: 64 << 10,
        matrixInstructions: .init($0))
    }
}

extension GemmTarget {
  /// Lists the precisions of matrix products: fp32, and those of the matrix instructions.
  package var precisions: Set<Precision> {
    (matrixInstructions?.layout.precisions ?? []).union([.fp32])
  }
}

extension OpenCLDevice {
  /// Lists the precisions of matrix products on the device.
  package var precisions: Set<Precision> { GemmTarget(self).precisions }
}
