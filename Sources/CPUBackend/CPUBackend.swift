import CKernels
import COpenBLAS
import Compute
import Glibc

/// The CPU as a device: the kernels of Kernels/ compiled as vectorised C, GEMM by OpenBLAS, one pool of threads.
///
/// With `.float64` it is the reference that gradient checks and device tests compare against. Results do not
/// depend on the number of threads: work is cut by shape alone and each piece runs on one thread.
package final class CPUBackend: Backend {
  package let info: DeviceInfo
  package let realType: RealType
  /// tf32 is for matrix instructions of GPUs. The float64 reference takes any, for it rounds
  /// nothing.
  package var precisions: Set<Precision> {
    realType == .float64 ? Set(Precision.allCases) : [.fp32, .bf16]
  }
  let pool: WorkerPool
  let kernels: KernelTable
  let instructions: InstructionSet

  /// - Parameters:
  ///   - threads: nil uses every processor available to this process.
  ///   - instructions: of the float32 kernels and products; one that this processor has.
  package init(
    threads: Int? = nil, realType: RealType = .float32, instructions: InstructionSet = .current
  ) {
    let count = threads ?? CPUBackend.availableProcessors
    pool = WorkerPool(threadCount: count)
    self.realType = realType
    self.instructions = instructions
    kernels = KernelTable(realType, instructions)
    info = CPUBackend.describe(threads: count, realType: realType, instructions: instructions)
    // The pool threads; OpenBLAS runs each call on the thread that makes it.
    openblas_set_num_threads(1)
  }

  /// Processors this process may run on.
  package static var availableProcessors: Int { max(1, Int(vae_available_processors())) }

  package func multipliesImages(in precision: Precision) -> Bool {
    realType == .float32 && precision == .fp32
  }

  package func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer {
    try HostMemory.check(byteCount, for: "a buffer of the CPU backend")
    guard let buffer = CPUBuffer(byteCount: byteCount) else {
      throw ComputeError(
        .outOfMemory, operation: "a buffer of the CPU backend",
        detail: "the machine has not enough memory for \(byteCount) bytes")
    }
    return buffer
  }

  package func upload(_ bytes: UnsafeRawBufferPointer, to view: BufferView) throws(ComputeError) {
    precondition(bytes.count <= view.byteCount, "upload of \(bytes.count) into \(view.byteCount)")
    guard let source = bytes.baseAddress else { return }
    address(of: view).copyMemory(from: source, byteCount: bytes.count)
  }

  package func download(
    _ view: BufferView, into bytes: UnsafeMutableRawBufferPointer
  ) throws(ComputeError) {
    precondition(bytes.count <= view.byteCount, "download of \(bytes.count) from \(view.byteCount)")
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: address(of: view), count: bytes.count))
  }

  package func synchronize() throws(ComputeError) {}

  package func prepare(_ commands: [Command]) throws(ComputeError) -> any CommandSequence {
    var prepared: [any CPUCommand] = []
    for command in commands {
      switch command {
      case .kernel(let launch): prepared.append(try CPUKernelCommand(launch, backend: self))
      case .multiply(let multiply):
        if case .c(let geometry)? = multiply.images {
          prepared.append(try CPUFoldedMultiplyCommand(multiply, to: geometry, backend: self))
        } else {
          prepared.append(try CPUMultiplyCommand(multiply, backend: self))
        }
      }
    }
    return CPUCommandSequence(prepared, pool: pool)
  }

  func address(of view: BufferView) -> UnsafeMutableRawPointer {
    guard let buffer = view.buffer as? CPUBuffer else {
      preconditionFailure("a buffer of another device was given to the CPU backend")
    }
    return buffer.pointer + view.byteOffset
  }
}

/// Page-aligned zeroed memory.
final class CPUBuffer: DeviceBuffer {
  private static let hugePage = 2 << 20
  let byteCount: Int
  let pointer: UnsafeMutableRawPointer

  init?(byteCount: Int) {
    var memory: UnsafeMutableRawPointer?
    let isLarge = byteCount >= Self.hugePage
    let alignment = isLarge ? Self.hugePage : 4096
    guard posix_memalign(&memory, alignment, max(byteCount, 1)) == 0, let memory else { return nil }
    // Fewer pages, fewer misses of the address cache; only a hint.
    if isLarge { madvise(memory, byteCount, MADV_HUGEPAGE) }
    memset(memory, 0, byteCount)
    self.byteCount = byteCount
    pointer = memory
  }

  deinit { free(pointer) }
}
