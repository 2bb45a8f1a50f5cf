/// What becomes of an element of a matrix product before it is stored: a function of Kernels/activations.cl by name, with
/// one operand.
package struct MatrixEpilogue {
  package enum Operand {
    /// [n]: one value per column.
    case column(BufferView)
    /// [m, n]: one value per element.
    case matrix(BufferView)
  }

  /// Epilogues that a kernel has versions for.
  package enum Family: Sendable {
    /// `bias_identity`, of a matrix that the kernel walks by rows.
    case bias
    /// `<f>_gradient` of every activation.
    case gradients
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

extension KernelLaunch {
  /// The epilogue of a product and this launch, which reads the result as its first argument, as one: `<kernel>_after_<f>`
  /// does the epilogue in place, and has the operand behind the first argument. nil where that cannot be.
  package func after(_ multiply: MatrixMultiply) -> KernelLaunch? {
    guard let epilogue = multiply.epilogue, follows(epilogue, rows: multiply.m),
      case .buffer(let matrix)? = arguments.first, matrix.isSame(as: multiply.c)
    else { return nil }
    // What one of the two writes must not lie where the other reads: the operand may be dead after the epilogue, and its
    // memory given to a result of the launch.
    let isApart = arguments.dropFirst().allSatisfy { argument in
      guard case .buffer(let view) = argument else { return true }
      return !view.overlaps(multiply.c) && !view.overlaps(epilogue.view)
    }
    guard isApart else { return nil }
    var launch = self
    launch.kernel += "_after_" + epilogue.function
    launch.arguments.insert(.buffer(epilogue.view), at: 1)
    launch.follows = nil
    return launch
  }

  private func follows(_ epilogue: MatrixEpilogue, rows: Int) -> Bool {
    switch (follows, epilogue.operand) {
    case (.bias, .column): epilogue.function == "bias_identity" && size == .rows(rows)
    case (.gradients, .matrix): true
    default: false
    }
  }
}
