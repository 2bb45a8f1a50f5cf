import CKernels
import Compute

/// The epilogue of a product on one tile of [rows, columns]: its kernel, run on each row's part of the tile.
struct CPUEpilogue {
  private let function: vae_kernel_function
  private let c: UnsafeMutableRawPointer
  private let operand: UnsafeMutableRawPointer
  private let isColumn: Bool
  private let stride: Int
  private let size: Int
  // Keeps the operand alive for as long as the command.
  private let buffer: any DeviceBuffer

  init(
    _ epilogue: MatrixEpilogue, of matrix: BufferView, columns: Int, backend: CPUBackend
  ) throws(ComputeError) {
    function = try backend.kernels.function(named: epilogue.kernel)
    c = backend.address(of: matrix)
    operand = backend.address(of: epilogue.view)
    buffer = epilogue.view.buffer
    if case .column = epilogue.operand { isColumn = true } else { isColumn = false }
    stride = columns
    size = backend.realType.byteCount
  }

  func run(_ rows: Range<Int>, _ columns: Range<Int>) {
    let offset = (rows.lowerBound * stride + columns.lowerBound) * size
    let arguments = [
      vae_argument(pointer: c + offset),
      vae_argument(pointer: operand + (isColumn ? columns.lowerBound * size : offset)),
      vae_argument(uint_value: UInt32(columns.count)), vae_argument(uint_value: UInt32(stride)),
    ]
    function(arguments, 0, rows.count)
  }
}
