import Compute

/// The operands of a product of a shape on a device, with the same values on every device.
struct GemmOperands {
  let multiply: MatrixMultiply
  private let backend: any Backend

  init(_ shape: GemmShape, on backend: any Backend) throws(ComputeError) {
    self.backend = backend
    func buffer(_ count: Int, sample: UInt32) throws(ComputeError) -> BufferView {
      // Not at the beginning of a buffer, as in models: CLBlast copies such matrices for its
      // indirect path.
      let start = BufferView.alignment
      let view = BufferView(
        try backend.allocate(byteCount: start + 4 * count), byteOffset: start, byteCount: 4 * count)
      // A prime number of random values, over and over: neither rows nor columns are alike.
      let values = Philox(seed: 1, purpose: .initialisation)
        .uniforms(count: 8191, sample: sample).map { Float(2 * $0 - 1) }
      try backend.upload(reals: (0..<count).map { values[$0 % 8191] }, to: view)
      return view
    }
    multiply = MatrixMultiply(
      m: shape.m, n: shape.n, k: shape.k, transposeA: shape.transposeA,
      transposeB: shape.transposeB,
      a: try buffer(shape.m * shape.k, sample: 0), b: try buffer(shape.k * shape.n, sample: 1),
      c: try buffer(shape.m * shape.n, sample: 2))
  }

  func run() throws(ComputeError) {
    try backend.prepare([.multiply(multiply)]).run()
    try backend.synchronize()
  }

  func clearResult() throws(ComputeError) {
    let zeros = [Float](repeating: .nan, count: multiply.m * multiply.n)
    try backend.upload(reals: zeros, to: multiply.c)
  }

  func result() throws(ComputeError) -> [Float] {
    try backend.downloadFloats(multiply.c, count: multiply.m * multiply.n)
  }
}
