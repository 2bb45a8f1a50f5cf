import COpenCL
import Compute

/// Builds a program from the cached binary or from source; the compiler's log is in the error.
package struct ProgramBuilder {
  let context: cl_context
  let device: OpenCLDevice
  let cache: ProgramCache

  package init(context: cl_context, device: OpenCLDevice, cache: ProgramCache) {
    self.context = context
    self.device = device
    self.cache = cache
  }

  package func build(source: String, options: String) throws(ComputeError) -> ProgramHandle {
    let info = device.info
    let key = [source, options, info.platform, info.name, info.driver].joined(separator: "\u{0}")
    if let binary = cache.load(key: key), let raw = programFromBinary(binary, options: options) {
      return ProgramHandle(raw: raw, isFromCache: true)
    }
    let raw = try programFromSource(source, options: options)
    if cache.directory != nil, let binary = self.binary(of: raw) { cache.store(binary, key: key) }
    return ProgramHandle(raw: raw)
  }

  /// nil when the driver refuses the binary: the caller then rebuilds from source.
  private func programFromBinary(_ binary: [UInt8], options: String) -> cl_program? {
    var id: cl_device_id? = device.id
    var status: cl_int = 0
    var binaryStatus: cl_int = 0
    var length = binary.count
    let program = binary.withUnsafeBufferPointer { bytes -> cl_program? in
      var pointer = bytes.baseAddress
      return clCreateProgramWithBinary(context, 1, &id, &length, &pointer, &binaryStatus, &status)
    }
    guard let program else { return nil }
    guard status == CL_SUCCESS, binaryStatus == CL_SUCCESS,
      clBuildProgram(program, 1, &id, options, nil, nil) == CL_SUCCESS
    else {
      clReleaseProgram(program)
      return nil
    }
    return program
  }

  private func programFromSource(
    _ source: String, options: String
  ) throws(ComputeError) -> cl_program {
    var id: cl_device_id? = device.id
    var status: cl_int = 0
    let created = source.withCString { text -> cl_program? in
      var pointer: UnsafePointer<CChar>? = text
      return clCreateProgramWithSource(context, 1, &pointer, nil, &status)
    }
    guard let program = created, status == CL_SUCCESS else {
      throw OpenCLStatus.error(status, "clCreateProgramWithSource")
    }
    status = clBuildProgram(program, 1, &id, options, nil, nil)
    guard status == CL_SUCCESS else {
      let log = buildLog(of: program)
      clReleaseProgram(program)
      throw ComputeError(
        .buildFailed, operation: "building the kernels for \(device.info.name)",
        detail: OpenCLStatus.name(status), buildLog: log)
    }
    return program
  }

  private func buildLog(of program: cl_program) -> String {
    let name = cl_program_build_info(CL_PROGRAM_BUILD_LOG)
    var size = 0
    guard clGetProgramBuildInfo(program, device.id, name, 0, nil, &size) == CL_SUCCESS, size > 0
    else {
      return ""
    }
    var bytes = [UInt8](repeating: 0, count: size)
    guard clGetProgramBuildInfo(program, device.id, name, size, &bytes, nil) == CL_SUCCESS else {
      return ""
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private func binary(of program: cl_program) -> [UInt8]? {
    var size = 0
    guard
      clGetProgramInfo(
        program, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &size, nil)
        == CL_SUCCESS, size > 0
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: size)
    let status = bytes.withUnsafeMutableBufferPointer { buffer -> cl_int in
      var pointer = buffer.baseAddress
      return clGetProgramInfo(
        program, cl_program_info(CL_PROGRAM_BINARIES),
        MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &pointer, nil)
    }
    return status == CL_SUCCESS ? bytes : nil
  }
}
