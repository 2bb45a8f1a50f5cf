import CKernels
import Compute

/// A command bound to host memory.
protocol CPUCommand {
  var kernel: String { get }
  func run(on pool: WorkerPool)
}

/// A kernel over its items, cut into one piece per thread. Items are independent, so the cut does not matter.
struct CPUKernelCommand: CPUCommand {
  let kernel: String
  private let function: vae_kernel_function
  private let arguments: [vae_argument]
  private let items: Int
  private let smallestPiece: Int
  // Keeps the buffers alive for as long as the command.
  private let buffers: [any DeviceBuffer]

  init(_ launch: KernelLaunch, backend: CPUBackend) throws(ComputeError) {
    kernel = launch.kernel
    function = try backend.kernels.function(named: launch.kernel)
    switch launch.size {
    case .items(let count): (items, smallestPiece) = (count, 8192)
    case .rows(let count): (items, smallestPiece) = (count, 1)
    }
    var arguments: [vae_argument] = []
    var buffers: [any DeviceBuffer] = []
    for argument in launch.arguments {
      switch argument {
      case .buffer(let view):
        arguments.append(vae_argument(pointer: backend.address(of: view)))
        buffers.append(view.buffer)
      case .uint32(let value): arguments.append(vae_argument(uint_value: value))
      case .real(let value): arguments.append(vae_argument(real_value: value))
      }
    }
    self.arguments = arguments
    self.buffers = buffers
  }

  /// Into how many pieces the items can be cut for a number of threads.
  func pieces(threads: Int) -> Int { max(1, min(threads, items / smallestPiece)) }

  /// One of `pieces` pieces on the calling thread.
  func run(piece: Int, of pieces: Int) {
    arguments.withUnsafeBufferPointer {
      function($0.baseAddress, items * piece / pieces, items * (piece + 1) / pieces)
    }
  }

  func run(on pool: WorkerPool) {
    let pieces = pieces(threads: pool.threadCount)
    pool.run(tasks: pieces) { run(piece: $0, of: pieces) }
  }
}

/// The commands of a program, bound to the CPU.
final class CPUCommandSequence: CommandSequence {
  let commands: [any CPUCommand]
  let pool: WorkerPool

  init(_ commands: [any CPUCommand], pool: WorkerPool) {
    self.commands = commands
    self.pool = pool
  }

  var count: Int { commands.count }

  var launches: [PreparedLaunch] {
    commands.enumerated().map { PreparedLaunch(command: $0.offset, kernel: $0.element.kernel) }
  }

  func run(_ range: Range<Int>) throws(ComputeError) {
    for index in range { commands[index].run(on: pool) }
  }
}
