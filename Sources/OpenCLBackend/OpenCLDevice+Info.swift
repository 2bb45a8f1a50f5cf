import COpenCL
import Compute

extension OpenCLDevice {
  static func describe(_ device: cl_device_id, on platform: String) -> DeviceInfo {
    let extensions = Set(
      string(device, CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init))
    let type: cl_device_type = scalar(device, CL_DEVICE_TYPE, 0)
    let kind: DeviceInfo.Kind =
      if type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0 {
        .gpu
      } else if type & cl_device_type(CL_DEVICE_TYPE_ACCELERATOR) != 0 {
        .accelerator
      } else if type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 {
        .cpu
      } else {
        .other
      }
    let known = [
      ("cl_khr_fp64", "fp64"), ("cl_khr_fp16", "fp16"), ("cl_khr_subgroups", "subgroups"),
      ("cl_khr_command_buffer", "command_buffer"), ("cl_khr_integer_dot_product", "dot_product"),
    ]
    var features = known.filter { extensions.contains($0.0) }.map(\.1)
    features.append(
      "local_memory=\(scalar(device, CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)) / 1024)KB")
    let units: cl_uint = scalar(device, CL_DEVICE_MAX_COMPUTE_UNITS, 0)
    let memory: cl_ulong = scalar(device, CL_DEVICE_GLOBAL_MEM_SIZE, 0)
    return DeviceInfo(
      index: nil, name: string(device, CL_DEVICE_NAME), vendor: string(device, CL_DEVICE_VENDOR),
      platform: platform,
      driver: string(device, CL_DRIVER_VERSION), type: kind, computeUnits: Int(units),
      memory: memory, features: features)
  }

  static func string(_ device: cl_device_id, _ name: Int32) -> String {
    text { clGetDeviceInfo(device, cl_device_info(name), $0, $1, $2) }
  }

  static func string(platform: cl_platform_id, _ name: Int32) -> String {
    text { clGetPlatformInfo(platform, cl_platform_info(name), $0, $1, $2) }
  }

  static func scalar<T: BitwiseCopyable>(_ device: cl_device_id, _ name: Int32, _ initial: T) -> T {
    var value = initial
    _ = clGetDeviceInfo(device, cl_device_info(name), MemoryLayout<T>.size, &value, nil)
    return value
  }

  /// A list of sizes; empty where the device does not know the question.
  static func sizes(_ device: cl_device_id, _ name: Int32) -> [Int] {
    var byteCount = 0
    guard clGetDeviceInfo(device, cl_device_info(name), 0, nil, &byteCount) == CL_SUCCESS else {
      return []
    }
    var values = [Int](repeating: 0, count: byteCount / MemoryLayout<Int>.size)
    let status = clGetDeviceInfo(device, cl_device_info(name), byteCount, &values, nil)
    return status == CL_SUCCESS ? values : []
  }

  private static func text(
    _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
  ) -> String {
    var size = 0
    guard query(0, nil, &size) == CL_SUCCESS, size > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    guard query(size, &bytes, nil) == CL_SUCCESS else { return "" }
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
