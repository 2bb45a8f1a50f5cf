import COpenCL
import Compute

/// The names of OpenCL's status codes that a user may meet.
enum OpenCLStatus {
  private static let names: [cl_int: String] = [
    -1: "CL_DEVICE_NOT_FOUND", -2: "CL_DEVICE_NOT_AVAILABLE", -3: "CL_COMPILER_NOT_AVAILABLE",
    -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE", -5: "CL_OUT_OF_RESOURCES", -6: "CL_OUT_OF_HOST_MEMORY",
    -9: "CL_IMAGE_FORMAT_MISMATCH", -11: "CL_BUILD_PROGRAM_FAILURE",
    -13: "CL_MISALIGNED_SUB_BUFFER_OFFSET",
    -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST", -30: "CL_INVALID_VALUE",
    -33: "CL_INVALID_DEVICE", -34: "CL_INVALID_CONTEXT", -36: "CL_INVALID_COMMAND_QUEUE",
    -38: "CL_INVALID_MEM_OBJECT", -42: "CL_INVALID_BINARY", -44: "CL_INVALID_PROGRAM",
    -45: "CL_INVALID_PROGRAM_EXECUTABLE", -46: "CL_INVALID_KERNEL_NAME", -48: "CL_INVALID_KERNEL",
    -49: "CL_INVALID_ARG_INDEX", -50: "CL_INVALID_ARG_VALUE", -51: "CL_INVALID_ARG_SIZE",
    -52: "CL_INVALID_KERNEL_ARGS", -54: "CL_INVALID_WORK_GROUP_SIZE",
    -55: "CL_INVALID_WORK_ITEM_SIZE",
    -61: "CL_INVALID_BUFFER_SIZE", -1001: "CL_PLATFORM_NOT_FOUND_KHR",
  ]

  static func name(_ status: cl_int) -> String { names[status] ?? "OpenCL status \(status)" }

  /// Throws what a failed call means; nothing on success.
  static func check(_ status: cl_int, _ operation: @autoclosure () -> String) throws(ComputeError) {
    guard status != CL_SUCCESS else { return }
    throw error(status, operation())
  }

  static func error(_ status: cl_int, _ operation: String) -> ComputeError {
    switch status {
    case -4, -6, -61:
      ComputeError(
        .outOfMemory, operation: operation,
        detail: "\(name(status)): the device has not enough memory")
    case -5:
      ComputeError(
        .deviceFailed, operation: operation,
        detail: "\(name(status)): out of memory or an access out of bounds; "
          + "VAE_GPU_DEBUG=1 finishes after every launch and names the one that failed")
    default:
      ComputeError(.deviceFailed, operation: operation, detail: name(status))
    }
  }
}
