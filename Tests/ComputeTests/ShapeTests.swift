import Compute
import Testing

@Suite("Shapes")
struct ShapeTests {
  @Test func `a shape knows its rows, columns and count`() {
    let matrix: Shape = [3, 5]
    #expect(matrix.rows == 3 && matrix.columns == 5 && matrix.count == 15 && matrix.rank == 2)
    let vector: Shape = [7]
    #expect(vector.rows == 1 && vector.columns == 7 && vector.count == 7 && vector.rank == 1)
    #expect(matrix[1] == 5)
    #expect(matrix.description == "[3, 5]")
  }

  @Test(arguments: [0, 1, 1023, 1024, 1025, 4096])
  func `aligned sizes are the next multiple of the alignment`(_ count: Int) {
    let aligned = BufferView.aligned(count)
    #expect(aligned % BufferView.alignment == 0)
    #expect(aligned >= count && aligned - count < BufferView.alignment)
  }

  @Test func `element sizes follow the real type`() {
    #expect(RealType.float32.byteCount(of: .real) == 4)
    #expect(RealType.float64.byteCount(of: .real) == 8)
    for type in [RealType.float32, .float64] {
      #expect(type.byteCount(of: .uint32) == 4)
      #expect(type.byteCount(of: .uint8) == 1)
    }
  }

  @Test func `an error says the operation, the detail and the compiler's log`() {
    let error = ComputeError(.buildFailed, operation: "op", detail: "why", buildLog: "line 1")
    #expect(error.description == "op: why\nline 1")
    #expect(ComputeError(.unsupported, operation: "op", detail: "why").description == "op: why")
  }
}
