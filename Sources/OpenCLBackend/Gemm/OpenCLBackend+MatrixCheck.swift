import Compute

/// Matrix instructions are asked for a product whose result is known before they are believed.
extension OpenCLBackend {
  /// Throws where the device's matrix instructions do not compile, or do not give a product of
  /// small whole numbers, which is exact in every precision and every order: once for each
  /// precision of a backend.
  func checkMatrixInstructions(of commands: [Command]) throws(ComputeError) {
    for command in commands {
      guard case .multiply(let multiply) = command, multiply.precision != .fp32,
        precisions.contains(multiply.precision), !checkedPrecisions.contains(multiply.precision)
      else { continue }
      checkedPrecisions.insert(multiply.precision)
      do throws(ComputeError) {
        try checkMatrixInstructions(multiply.precision)
      } catch {
        throw ComputeError(
          .deviceFailed, operation: "matrix instructions of \(info.name)",
          detail: "\(multiply.precision.rawValue): \(error.detail); leave --precision out")
      }
    }
  }

  private func checkMatrixInstructions(_ precision: Precision) throws(ComputeError) {
    // More than a tile each way, and a part of one.
    let (m, n, k) = (40, 72, 96)
    let a = (0..<(m * k)).map { Float(($0 * 7 + $0 / k) % 17 - 8) }
    let b = (0..<(k * n)).map { Float(($0 * 5 + $0 / n) % 13 - 6) }
    func view(_ values: [Float]) throws(ComputeError) -> BufferView {
      let view = BufferView(try allocate(byteCount: 4 * values.count), byteCount: 4 * values.count)
      try upload(reals: values, to: view)
      return view
    }
    var multiply = MatrixMultiply(
      m: m, n: n, k: k, a: try view(a), b: try view(b),
      c: try view([Float](repeating: .nan, count: m * n)))
    multiply.precision = precision
    let sequence = OpenCLCommandSequence(backend: self)
    sequence.append(try prepare(multiply, as: variant(of: multiply)))
    try sequence.run()
    let found = try downloadFloats(multiply.c, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(Float(0)) { $0 + a[i * k + $1] * b[$1 * n + j] }
        guard found[i * n + j] == sum else {
          throw ComputeError(
            .deviceFailed, operation: "matrix product",
            detail: "a product of whole numbers is \(found[i * n + j]), not \(sum)")
        }
      }
    }
  }
}
