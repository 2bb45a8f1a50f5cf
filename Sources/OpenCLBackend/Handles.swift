import COpenCL
import Compute

// Owners of OpenCL objects: each releases its object when it goes. They are ~Copyable, so an object has one owner.

/// A context. It is shared by the backend and its buffers, so that it goes after the last of them.
package final class ContextHandle {
  package let raw: cl_context

  init(raw: cl_context) { self.raw = raw }

  deinit { clReleaseContext(raw) }
}

package struct QueueHandle: ~Copyable {
  package let raw: cl_command_queue
  deinit { clReleaseCommandQueue(raw) }
}

package struct ProgramHandle: ~Copyable {
  package let raw: cl_program
  /// Whether it came from the cache on disk instead of the compiler.
  package var isFromCache = false
  deinit { clReleaseProgram(raw) }
}

package struct KernelHandle: ~Copyable {
  package let raw: cl_kernel
  /// Whether its program was not compiled by an earlier process.
  let isFresh: Bool

  init(_ name: String, of program: borrowing ProgramHandle) throws(ComputeError) {
    var status: cl_int = 0
    let raw = clCreateKernel(program.raw, name, &status)
    guard let raw, status == CL_SUCCESS else { throw OpenCLStatus.error(status, "kernel \(name)") }
    self.raw = raw
    isFresh = !program.isFromCache
  }

  deinit { clReleaseKernel(raw) }
}

package struct MemoryHandle: ~Copyable {
  package let raw: cl_mem
  deinit { clReleaseMemObject(raw) }
}
