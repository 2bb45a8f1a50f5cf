import Compute
import Testing

/// When an epilogue of a product and the launch behind it may be one.
@Suite("Epilogues with the launch behind") struct EpilogueTests {
  private final class Memory: DeviceBuffer {
    let byteCount = 1 << 20
  }

  private let arena = Memory()
  private let others = Memory()

  private func view(_ block: Int, _ bytes: Int = 96) -> BufferView {
    BufferView(arena, byteOffset: 1024 * block, byteCount: bytes)
  }

  /// C [4, 6] with an epilogue.
  private func multiply(_ epilogue: MatrixEpilogue?) -> MatrixMultiply {
    var multiply = MatrixMultiply(m: 4, n: 6, k: 2, a: view(10), b: view(11), c: view(0))
    multiply.epilogue = epilogue
    return multiply
  }

  private func reader(
    _ first: BufferView, result: BufferView, rows: Int = 4,
    follows: MatrixEpilogue.Family? = .bias
  ) -> KernelLaunch {
    KernelLaunch(
      "reader", [.buffer(first), .buffer(result), .count(6)], .rows(rows), follows: follows)
  }

  @Test func `a launch that reads the result first does the epilogue, too`() throws {
    let bias = MatrixEpilogue("bias_identity", column: BufferView(others, byteCount: 24))
    let launch = try #require(reader(view(0), result: view(1)).after(multiply(bias)))
    #expect(launch.kernel == "reader_after_bias_identity" && launch.size == .rows(4))
    let buffers = launch.arguments.compactMap { argument in
      if case .buffer(let view) = argument { view } else { nil }
    }
    try #require(buffers.count == 3 && launch.arguments.count == 4)
    #expect(buffers[0].isSame(as: view(0)) && buffers[2].isSame(as: view(1)))
    #expect(buffers[1].buffer === others)
  }

  @Test func `not one of another family, of another tensor, or of other rows`() {
    let bias = MatrixEpilogue("bias_identity", column: BufferView(others, byteCount: 24))
    let gradient = MatrixEpilogue("relu_gradient", matrix: view(2))
    let relu = MatrixEpilogue("bias_relu", column: BufferView(others, byteCount: 24))
    let launch = reader(view(0), result: view(1))
    for epilogue in [gradient, relu, nil] {
      #expect(launch.after(multiply(epilogue)) == nil)
    }
    #expect(reader(view(0), result: view(1), follows: nil).after(multiply(bias)) == nil)
    #expect(reader(view(0), result: view(1), follows: .gradients).after(multiply(bias)) == nil)
    #expect(reader(view(3), result: view(1)).after(multiply(bias)) == nil)
    #expect(reader(view(0, 48), result: view(1)).after(multiply(bias)) == nil)
    #expect(reader(view(0), result: view(1), rows: 6).after(multiply(bias)) == nil)
  }

  @Test func `not where a result lies over what the epilogue reads or changes`() {
    let gradient = multiply(MatrixEpilogue("gelu_gradient", matrix: view(2)))
    let launch = { reader(view(0), result: $0, rows: 1, follows: .gradients).after(gradient) }
    #expect(launch(view(1))?.kernel == "reader_after_gelu_gradient")
    #expect(launch(view(2)) == nil)
    #expect(launch(view(0)) == nil)
    #expect(launch(BufferView(arena, byteOffset: 1024, byteCount: 1025)) == nil)
    #expect(launch(BufferView(arena, byteOffset: 1024, byteCount: 1024)) != nil)
  }

  @Test func `row sums follow the gradient of every activation`() throws {
    var product = MatrixMultiply(
      m: 6, n: 2, k: 4, transposeA: true, a: view(0), b: view(4), c: view(5))
    product.rowSums = view(6, 24)
    let sums = try #require(product.rowSumsLaunch)
    let gradient = multiply(MatrixEpilogue("tanh_activation_gradient", matrix: view(2)))
    #expect(sums.after(gradient)?.kernel == "column_sum_after_tanh_activation_gradient")
    let bias = MatrixEpilogue("bias_identity", column: BufferView(others, byteCount: 24))
    #expect(sums.after(multiply(bias)) == nil)
  }
}
