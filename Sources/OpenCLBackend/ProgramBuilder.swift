import COpenCL
import Compute
import Foundation

/// Builds a program from the cached binary or from source; the compiler's log is in the error.
package struct ProgramBuilder: @unchecked Sendable {
  // cl_context and the other objects may be used from several threads at once.
  let context: cl_context
  let device: OpenCLDevice
  let cache: ProgramCache
  /// Whether binaries are kept. A driver with a cache of its own gets a note in their place.
  let keepsBinaries: Bool

  /// - Parameter keepsBinaries: nil: unless the driver compiles at the first launch and has a cache of its own.
  package init(
    context: cl_context, device: OpenCLDevice, cache: ProgramCache, keepsBinaries: Bool? = nil
  ) {
    self.context = context
    self.device = device
    self.cache = cache
    self.keepsBinaries = keepsBinaries ?? !device.compilesAtLaunch
  }

  package func build(source: String, options: String) throws(ComputeError) -> ProgramHandle {
    try build(ProgramRequest(source: source, options: options, label: "")).handle()
  }

  func build(_ request: ProgramRequest) throws(ComputeError) -> BuiltProgram {
    let (source, options) = (request.source, request.options)
    guard keepsBinaries else {
      // A binary would compile every kernel once more, for any size of work-group, and spare a start no compilation:
      // PoCL compiles for the size of a launch, and finds that in its own cache.
      let isKept = isNoted([source, options])
      let raw = try programFromSource(source, options: options)
      if !isKept { note([source, options]) }
      return BuiltProgram(raw: raw, isFromCache: isKept)
    }
    let key = key([source, options])
    if let binary = cache.load(key: key), let raw = programFromBinary(binary, options: options) {
      return BuiltProgram(raw: raw, isFromCache: true)
    }
    let raw = try programFromSource(source, options: options)
    if cache.directory != nil, let binary = self.binary(of: raw) { cache.store(binary, key: key) }
    return BuiltProgram(raw: raw, isFromCache: false)
  }

  private func key(_ parts: [String]) -> String {
    let info = device.info
    return (parts + [info.platform, info.name, info.driver]).joined(separator: "\u{0}")
  }

  /// Whether an earlier process seems to have left the program: then nothing is worth announcing.
  func isKept(_ request: ProgramRequest) -> Bool {
    guard keepsBinaries else { return isNoted([request.source, request.options]) }
    return cache.path(key: key([request.source, request.options]))
      .map { FileManager.default.fileExists(atPath: $0) } ?? false
  }

  private static let noted = Array("compiled programs are in the driver's own cache\n".utf8)

  /// Whether something was compiled before, as far as the driver's own cache has it.
  func isNoted(_ parts: [String]) -> Bool {
    cache.load(key: key(parts + [Self.driverCache])) == Self.noted
  }

  func note(_ parts: [String]) { cache.store(Self.noted, key: key(parts + [Self.driverCache])) }

  /// Where the driver keeps what it has compiled, as far as the environment says so.
  private static let driverCache: String = {
    let environment = ProcessInfo.processInfo.environment
    return ["POCL_CACHE_DIR", "POCL_KERNEL_CACHE", "XDG_CACHE_HOME"]
      .map { environment[$0] ?? "" }.joined(separator: "\u{0}")
  }()

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
