import Compute

/// C = op(A) op(B): [m, k] x [k, n] -> [m, n], op being the transpose where asked for.
struct MatrixProduct: Operation {
  let transposeA: Bool
  let transposeB: Bool

  var name: String { "matrix product" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    let (m, k, otherK, n) = sizes(inputs[0].shape, inputs[1].shape)
    precondition(k == otherK, "matrix product of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([m, n])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let (m, k, _, n) = sizes(inputs[0].shape, inputs[1].shape)
    return .multiply(
      MatrixMultiply(
        m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB,
        a: inputs[0].view, b: inputs[1].view, c: outputs[0].view))
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
