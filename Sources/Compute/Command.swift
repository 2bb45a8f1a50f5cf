/// One argument of a kernel.
package enum KernelArgument {
  case buffer(BufferView)
  case uint32(UInt32)
  case real(Double)

  package static func count(_ value: Int) -> KernelArgument { .uint32(UInt32(value)) }
}

/// How many times a kernel runs.
package enum LaunchSize: Equatable, Sendable {
  /// One item per element (`KERNEL` in Kernels/dialect.h).
  case items(Int)
  /// One work-group per row (`ROW_KERNEL`).
  case rows(Int)
}

/// A launch is data: a kernel by name, its arguments in order, its size.
package struct KernelLaunch {
  package var kernel: String
  package var arguments: [KernelArgument]
  package var size: LaunchSize

  package init(_ kernel: String, _ arguments: [KernelArgument], _ size: LaunchSize) {
    self.kernel = kernel
    self.arguments = arguments
    self.size = size
  }
}

/// C = op(A) op(B), row-major and dense: op(A) is [m, k], op(B) is [k, n], C is [m, n].
package struct MatrixMultiply {
  package var m: Int
  package var n: Int
  package var k: Int
  package var transposeA: Bool
  package var transposeB: Bool
  package var a: BufferView
  package var b: BufferView
  package var c: BufferView

  package init(
    m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false,
    a: BufferView, b: BufferView, c: BufferView
  ) {
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.a = a
    self.b = b
    self.c = c
  }

  /// Floating-point operations: 2 m n k.
  package var floatingPointOperations: Int { 2 * m * n * k }
}

/// What a backend executes, in order.
package enum Command {
  case kernel(KernelLaunch)
  case multiply(MatrixMultiply)
}
