import COpenCL
import Compute

/// Calls that belong before the first step: none of them may happen in a replay. What CLBlast does is not seen.
package struct OpenCLCounters: Equatable, Sendable {
  /// Buffers and sub-buffers.
  package var allocations = 0
  package var kernels = 0
  package var programs = 0
  package var arguments = 0
}

extension OpenCLBackend {
  /// Work-items of a work-group, `LANES` of the dialect. Fixed, because every new size is a compile on some devices.
  var groupSize: Int { info.type == .cpu ? 1 : 64 }

  /// Items of an item kernel that a work-group takes: `ITEMS_EACH` of the dialect on processors.
  var itemsOfGroup: Int { info.type == .cpu ? 1024 : 64 }

  /// A kernel of the operations for a launch site.
  func kernel(_ name: String) throws(ComputeError) -> KernelHandle {
    counters.kernels += 1
    return try KernelHandle(name, of: program)
  }

  /// A kernel of a matrix product variant for a launch site.
  func gemmKernel(
    _ name: String, of variant: GemmVariant, for multiply: MatrixMultiply
  ) throws(ComputeError) -> KernelHandle {
    let before = gemmPrograms.count
    let kernel = try gemmPrograms.kernel(name, of: variant, for: multiply)
    counters.programs += gemmPrograms.count - before
    counters.kernels += 1
    return kernel
  }

  /// Sets all arguments of a kernel object, once.
  func setArguments(
    _ arguments: [KernelArgument], of kernel: cl_kernel, name: String
  ) throws(ComputeError) {
    for (index, argument) in arguments.enumerated() {
      let position = cl_uint(index)
      counters.arguments += 1
      let status: cl_int
      switch argument {
      case .buffer(let view):
        var object: cl_mem? = try object(of: view)
        status = clSetKernelArg(kernel, position, MemoryLayout<cl_mem>.size, &object)
      case .uint32(var value):
        status = clSetKernelArg(kernel, position, MemoryLayout<cl_uint>.size, &value)
      case .real(let value):
        var single = cl_float(value)
        status = clSetKernelArg(kernel, position, MemoryLayout<cl_float>.size, &single)
      }
      try OpenCLStatus.check(status, "argument \(index) of \(name)")
    }
  }
}
