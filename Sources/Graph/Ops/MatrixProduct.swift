import Compute

/// C = op(A) op(B): [m, k] x [k, n] -> [m, n], op being the transpose where asked for. Fused with what follows it, an
/// epilogue takes one more input, and the sums of op(A)'s rows over k are one more output [m]. Fused with an unfold before it or a fold
/// behind it, A, B or C is not made: the images are read or written.
struct MatrixProduct: Operation {
  /// What becomes of an element before it is stored.
  enum Epilogue {
    case none
    /// f(c + bias): one more input [n].
    case biasActivation(Activation)
    /// c f'(source): one more input [m, n].
    case activationGradient(Activation)
  }

  let transposeA: Bool
  let transposeB: Bool
  var epilogue = Epilogue.none
  var sumsRows = false
  var images: ImageOperand?

  var multipliesImages: Bool { images != nil }

  var name: String {
    var name =
      switch images {
      case .a, .b: "unfold + matrix product"
      case .c: "matrix product + fold"
      case nil: "matrix product"
      }
    switch epilogue {
    case .none: break
    case .biasActivation(let activation): name += " + bias + \(activation.rawValue)"
    case .activationGradient(let activation): name += " + gradient of \(activation.rawValue)"
    }
    return sumsRows ? name + " + bias gradient" : name
  }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (m, k, otherK, n) = sizes(inputs[0].shape, inputs[1].shape)
    precondition(k == otherK, "matrix product of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([m, n])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let (m, k, _, n) = sizes(inputs[0].shape, inputs[1].shape)
    var multiply = MatrixMultiply(
      m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB,
      a: inputs[0].view, b: inputs[1].view, c: outputs[0].view)
    switch epilogue {
    case .none: break
    case .biasActivation(let activation):
      multiply.epilogue = .init("bias_\(activation.kernel)", column: inputs[2].view)
    case .activationGradient(let activation):
      multiply.epilogue = .init("\(activation.kernel)_gradient", matrix: inputs[2].view)
    }
    if sumsRows { multiply.rowSums = outputs[1].view }
    multiply.images = images
    return .multiply(multiply)
  }

  /// The same product with an epilogue; nil if it has one already.
  func with(_ epilogue: Epilogue) -> MatrixProduct? {
    guard case .none = self.epilogue, !sumsRows else { return nil }
    var product = self
    product.epilogue = epilogue
    return product
  }

  /// The product folded to images; nil if it has an epilogue.
  func folded(by geometry: ConvolutionGeometry) -> MatrixProduct? {
    guard case .none = epilogue, !sumsRows, !transposeA, images == nil else { return nil }
    var product = self
    product.images = .c(geometry)
    return product
  }

  /// An operand that is unfolded images.
  func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? {
    guard let unfold = producer as? Unfold, images == nil else { return nil }
    var product = self
    switch position {
    case 0 where !transposeA: product.images = .a(unfold.geometry)
    case 1 where !transposeB: product.images = .b(unfold.geometry)
    default: return nil
    }
    return product
  }

  /// The bias gradient sums over the rows of dC, which the weight gradient dC' x reads as its A.
  func joined(with other: any Operation) -> (any Operation)? {
    guard transposeA, !sumsRows, case .none = epilogue,
      let sum = other as? ColumnSum, sum.isWhole
    else { return nil }
    var product = self
    product.sumsRows = true
    return product
  }

  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let (m, k, _, n) = sizes(inputs[0].shape, inputs[1].shape)
    return Work(
      byteCount: bytesMoved(inputs: inputs, outputs: outputs),
      floatingPointOperations: 2 * m * n * k)
  }

  // dop(A) = dC op(B)', dop(B) = op(A)' dC; a transposed operand gets the transposed product.
  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let dc = upstream[0] else { return [nil, nil] }
    let (a, b, graph) = (inputs[0], inputs[1], dc.graph)
    let da =
      transposeA
      ? graph.multiply(b, dc, transposeA: transposeB, transposeB: true)
      : graph.multiply(dc, b, transposeB: !transposeB)
    let db =
      transposeB
      ? graph.multiply(dc, a, transposeA: true, transposeB: transposeA)
      : graph.multiply(a, dc, transposeA: !transposeA)
    return [da, db]
  }

  private func sizes(_ a: Shape, _ b: Shape) -> (m: Int, k: Int, otherK: Int, n: Int) {
    var (a, b) = (a, b)
    switch images {
    case .a(let geometry): a = geometry.unfolding(a)
    case .b(let geometry): b = geometry.unfolding(b)
    case .c, nil: break
    }
    precondition(a.rank == 2 && b.rank == 2, "matrix product of \(a) and \(b)")
    return (
      transposeA ? a[1] : a[0], transposeA ? a[0] : a[1], transposeB ? b[1] : b[0],
      transposeB ? b[0] : b[1]
    )
  }
}

extension Graph {
  /// op(A) op(B).
  package func multiply(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false,
    label: String? = nil
  ) -> Tensor {
    record(MatrixProduct(transposeA: transposeA, transposeB: transposeB), [a, b], label: label)[0]
  }
}
