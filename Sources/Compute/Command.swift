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
  /// Epilogues that another version of the kernel does first (`after`).
  package var follows: MatrixEpilogue.Family?

  package init(
    _ kernel: String, _ arguments: [KernelArgument], _ size: LaunchSize,
    follows: MatrixEpilogue.Family? = nil
  ) {
    self.kernel = kernel
    self.arguments = arguments
    self.size = size
    self.follows = follows
  }
}

/// A matrix of a product that is not in memory: images [images, height, width, channels] are, which it is unfolded from or folded to
/// (im2col and its transpose, Kernels/convolution.cl). The numbers m, n, k of the product remain those of the matrices.
package enum ImageOperand: Sendable {
  /// A, not transposed, is unfolded from images.
  case a(ConvolutionGeometry)
  /// B, not transposed, likewise.
  case b(ConvolutionGeometry)
  /// C is folded to images; an epilogue is of their pixels, [images height width, channels].
  case c(ConvolutionGeometry)
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
  /// What lies as images in place of a matrix. Only where `Backend.multipliesImages`.
  package var images: ImageOperand?
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
        .rows((m + 63) / 64), follows: .gradients)
    }
  }
}

/// What a backend executes, in order.
package enum Command {
  case kernel(KernelLaunch)
  case multiply(MatrixMultiply)
}
