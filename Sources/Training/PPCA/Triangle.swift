import LinearAlgebra

/// Symmetric matrices by their lower triangle, row by row.
enum Triangle {
  static func count(_ size: Int) -> Int { size * (size + 1) / 2 }

  /// x x'
  static func outer(_ x: ArraySlice<Double>) -> [Double] {
    let x = Array(x)
    return x.indices.flatMap { j in (0...j).map { x[j] * x[$0] } }
  }

  static func matrix(_ values: ArraySlice<Double>, _ size: Int) -> Matrix {
    var matrix = Matrix(zeros: size, size)
    var index = values.startIndex
    for j in 0..<size {
      for k in 0...j {
        (matrix[j, k], matrix[k, j]) = (values[index], values[index])
        index += 1
      }
    }
    return matrix
  }
}
