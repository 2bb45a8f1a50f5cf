import COpenCL

// Owners of OpenCL objects: each releases its object when it goes. They are ~Copyable, so an object has one owner.

struct ContextHandle: ~Copyable {
  let raw: cl_context
  deinit { clReleaseContext(raw) }
}

struct QueueHandle: ~Copyable {
  let raw: cl_command_queue
  deinit { clReleaseCommandQueue(raw) }
}

struct ProgramHandle: ~Copyable {
  let raw: cl_program
  deinit { clReleaseProgram(raw) }
}

struct KernelHandle: ~Copyable {
  let raw: cl_kernel
  deinit { clReleaseKernel(raw) }
}

struct MemoryHandle: ~Copyable {
  let raw: cl_mem
  deinit { clReleaseMemObject(raw) }
}
