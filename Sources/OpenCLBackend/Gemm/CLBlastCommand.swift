import CCLBlast
import COpenCL
import Compute
import Synchronization

/// A matrix product by CLBlast: row-major, natural leading dimensions, offset 0 through sub-buffers, so that no pad or
/// transpose kernel runs.
final class CLBlastCommand: OpenCLCommand {
  let name = "CLBlast gemm"
  let isOneKernel = false
  private let multiply: MatrixMultiply
  private let a: cl_mem
  private let b: cl_mem
  private let c: cl_mem
  private var queue: cl_command_queue?

  init(_ multiply: MatrixMultiply, backend: OpenCLBackend) throws(ComputeError) {
    self.multiply = multiply
    a = try backend.object(of: multiply.a)
    b = try backend.object(of: multiply.b)
    c = try backend.object(of: multiply.c)
    queue = backend.queue.raw
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    let status = CLBlastLock.run {
      CLBlastSgemm(
        CLBlastLayoutRowMajor,
        multiply.transposeA ? CLBlastTransposeYes : CLBlastTransposeNo,
        multiply.transposeB ? CLBlastTransposeYes : CLBlastTransposeNo,
        multiply.m, multiply.n, multiply.k, 1, a, 0, multiply.transposeA ? multiply.m : multiply.k,
        b, 0, multiply.transposeB ? multiply.k : multiply.n, 0, c, 0, multiply.n, &queue, event)
    }
    guard status == CLBlastSuccess else {
      throw ComputeError(
        .deviceFailed, operation: "CLBlastSgemm \(multiply.m)x\(multiply.n)x\(multiply.k)",
        detail: "CLBlast status \(status.rawValue) (\(OpenCLStatus.name(cl_int(status.rawValue))))")
    }
  }
}

/// CLBlast keeps compiled kernels for the whole process, and before 1.6.1 two threads must not compile at once.
enum CLBlastLock {
  private static let mutex = Mutex<Void>(())

  static func run<T>(_ body: () -> T) -> T { mutex.withLock { _ in body() } }
}
