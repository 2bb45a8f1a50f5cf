import CCLBlast
import COpenCL
import Compute
import Synchronization

/// A matrix product by CLBlast: row-major, natural leading dimensions. Matrices that its indirect
/// path pads, transposes or moves to offset 0 go to a workspace of the backend, so that a replay
/// allocates nothing.
final class CLBlastCommand: OpenCLCommand {
  let name = "CLBlast gemm"
  let isOneKernel = false
  /// CLBlast compiles at its first call in a process; the driver's cache makes later processes fast.
  let awaitsCompilation: Bool
  private let multiply: MatrixMultiply
  private let a: Operand
  private let b: Operand
  private let c: Operand
  private let device: cl_device_id
  private let parameters: CLBlastParameters
  /// nil where nothing is padded, transposed or moved.
  private let workspace: BufferView?
  private let workspaceObject: cl_mem?
  private var queue: cl_command_queue?
  private let builder: ProgramBuilder
  private let noteKey: [String]
  private var isNoted: Bool

  /// A matrix as CLBlast takes it: a buffer, where it begins there and the length of a stored row,
  /// both in elements, and how it is stored.
  private struct Operand {
    let memory: cl_mem
    let offset: Int
    let rowLength: Int
    let transpose: CLBlastTranspose

    init(
      _ view: BufferView, rows: Int, columns: Int, isTransposed: Bool = false,
      on backend: OpenCLBackend
    ) {
      memory = backend.buffer(of: view).memory.raw
      offset = view.byteOffset / MemoryLayout<Float>.size
      rowLength = isTransposed ? rows : columns
      transpose = isTransposed ? CLBlastTransposeYes : CLBlastTransposeNo
    }
  }

  init(_ multiply: MatrixMultiply, backend: OpenCLBackend) throws(ComputeError) {
    guard GemmVariant.clblast.reaches(multiply) else {
      throw ComputeError(
        .unsupported, operation: "CLBlastSgemm \(multiply.m)x\(multiply.n)x\(multiply.k)",
        detail: "CLBlast finds no matrix that ends behind 2^31 elements of a buffer; use other "
          + "matrix products than CLBlast's, or a smaller batch")
    }
    self.multiply = multiply
    let (m, n, k) = (multiply.m, multiply.n, multiply.k)
    let a = Operand(
      multiply.a, rows: m, columns: k, isTransposed: multiply.transposeA, on: backend)
    let b = Operand(
      multiply.b, rows: k, columns: n, isTransposed: multiply.transposeB, on: backend)
    let c = Operand(multiply.c, rows: m, columns: n, on: backend)
    (self.a, self.b, self.c) = (a, b, c)
    device = backend.device.id
    parameters = backend.clblast
    builder = backend.builder
    let layout = (multiply.transposeA ? "T" : "N") + (multiply.transposeB ? "T" : "N")
    noteKey = ["CLBlast", parameters.name, layout]
    isNoted = backend.builder.isNoted(noteKey)
    awaitsCompilation = !isNoted
    var queue: cl_command_queue? = backend.queue.raw
    self.queue = queue
    var size = 0
    let status = CLBlastLock.run(on: device, with: parameters) {
      CLBlastSGemmTempBufferSize(
        CLBlastLayoutRowMajor, a.transpose, b.transpose, m, n, k, a.offset, a.rowLength, b.offset,
        b.rowLength, c.offset, c.rowLength, &queue, &size)
    }
    guard status == CLBlastSuccess else { throw Self.error(status, multiply, parameters) }
    workspace = size > 0 ? try backend.clblastWorkspace(byteCount: size) : nil
    workspaceObject = workspace.map { backend.buffer(of: $0).memory.raw }
  }

  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError) {
    let status = CLBlastLock.run(on: device, with: parameters) {
      CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, a.transpose, b.transpose, multiply.m, multiply.n, multiply.k, 1,
        a.memory, a.offset, a.rowLength, b.memory, b.offset, b.rowLength, 0, c.memory, c.offset,
        c.rowLength, &queue, event, workspaceObject)
    }
    guard status == CLBlastSuccess else { throw Self.error(status, multiply, parameters) }
    guard !isNoted else { return }
    builder.note(noteKey)
    isNoted = true
  }

  private static func error(
    _ status: CLBlastStatusCode, _ multiply: MatrixMultiply, _ parameters: CLBlastParameters
  ) -> ComputeError {
    let hint =
      parameters == .stock
      ? "" : "; its parameters were tuned (\(parameters.name)): 'vae-gpu tune --again' tries others"
    return ComputeError(
      .deviceFailed, operation: "CLBlastSgemm \(multiply.m)x\(multiply.n)x\(multiply.k)",
      detail: "CLBlast status \(status.rawValue) (\(OpenCLStatus.name(cl_int(status.rawValue))))"
        + hint)
  }
}
