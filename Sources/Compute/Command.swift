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

/// What becomes of an element of a matrix product before it is stored: a function of Kernels/activations.cl by name, with
/// one operand.
package struct MatrixEpilogue {
  package enum Operand {
    /// [n]: one value per column.
    case column(BufferView)
    /// [m, n]: one value per element.
    case matrix(BufferView)
  }

  package var function: String
  package var operand: Operand

  package init(_ function: String, column: BufferView) {
    (self.function, operand) = (function, .column(column))
  }

  package init(_ function: String, matrix: BufferView) {
    (self.function, operand) = (function, .matrix(matrix))
  }

  /// The kernel that does the same in place, after the product.
  package var kernel: String { "epilogue_" + function }

  package var view: BufferView {
    switch operand {
    case .column(let view), .matrix(let view): view
    }
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
  package var epilogue: MatrixEpilogue?
  /// [m]: the sums of op(A) over k, in order. Only with a transposed A, whose columns these are.
  package var rowSums: BufferView?
  /// Of op(A) and op(B) in the product; row sums and the epilogue take what is stored. The float64 reference rounds nothing.
  package var precision = Precision.fp32

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

  /// The epilogue as a launch of its own over the stored product.
  package var epilogueLaunch: KernelLaunch? {
    epilogue.map {
      KernelLaunch(
        $0.kernel, [.buffer(c), .buffer($0.view), .count(n), .count(n)], .rows(m))
    }
  }

  /// The row sums as a launch of their own: columns of A, which is stored [k, m].
  package var rowSumsLaunch: KernelLaunch? {
    rowSums.map {
      KernelLaunch(
        "column_sum", [.buffer(a), .buffer($0), .count(k), .count(m), .count(k)],
        .rows((m + 63) / 64))
    }
  }
}

/// What a backend executes, in order.
package enum Command {
  case kernel(KernelLaunch)
  case multiply(MatrixMultiply)
}
