import COpenCL
import Compute

/// The properties of a device that decide which variants of a matrix product it can run.
///
/// They are apart from the device, so that the variants of a GPU can be listed on a machine that
/// has none.
package struct GemmTarget: Sendable {
  /// The name of the OpenCL platform, such as "NVIDIA CUDA".
  package var platform: String
  package var type: DeviceInfo.Kind
  /// Floats in a vector of the panel kernel: 16 or 8.
  package var vectorWidth: Int
  /// Bytes of local memory of a work-group.
  package var localByteCount: Int
  /// The largest work-group, in work-items.
  package var workGroupSize: Int

  package init(
    platform: String, type: DeviceInfo.Kind, vectorWidth: Int, localByteCount: Int,
    workGroupSize: Int
  ) {
    self.platform = platform
    self.type = type
    self.vectorWidth = vectorWidth
    self.localByteCount = localByteCount
    self.workGroupSize = workGroupSize
  }

  init(_ device: OpenCLDevice) {
    let local: cl_ulong = OpenCLDevice.scalar(device.id, CL_DEVICE_LOCAL_MEM_SIZE, 0)
    self.init(
      platform: device.info.platform, type: device.info.type,
      vectorWidth: GemmVariant.vectorWidth(of: device), localByteCount: Int(local),
      workGroupSize: OpenCLDevice.scalar(device.id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 1))
  }

  /// What every GPU of NVIDIA's and of AMD's OpenCL platform offers at least.
  package static let graphicsProcessors = [
    GemmTarget(
      platform: "NVIDIA CUDA", type: .gpu, vectorWidth: 8, localByteCount: 48 << 10,
      workGroupSize: 1024),
    GemmTarget(
      platform: "AMD Accelerated Parallel Processing", type: .gpu, vectorWidth: 8,
      localByteCount: 64 << 10, workGroupSize: 256),
  ]
}
