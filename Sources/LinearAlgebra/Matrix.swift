import COpenBLAS

/// A dense matrix of float64, row-major.
package struct Matrix: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  package var values: [Double]

  package init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  package init(zeros rows: Int, _ columns: Int) {
    self.init(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
  }

  /// A square matrix with these values on its diagonal.
  package init(diagonal: [Double]) {
    self.init(zeros: diagonal.count, diagonal.count)
    for (index, value) in diagonal.enumerated() { self[index, index] = value }
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  package func row(_ index: Int) -> ArraySlice<Double> {
    values[(index * columns)..<((index + 1) * columns)]
  }

  package var transposed: Matrix {
    var result = Matrix(zeros: columns, rows)
    for row in 0..<rows { for column in 0..<columns { result[column, row] = self[row, column] } }
    return result
  }

  package var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }
  package var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// tr(A' B): the sum of products of elements.
  package func inner(_ other: Matrix) -> Double {
    precondition(values.count == other.values.count, "inner product of different sizes")
    return zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  package static func + (a: Matrix, b: Matrix) -> Matrix { a.combined(b, +) }
  package static func - (a: Matrix, b: Matrix) -> Matrix { a.combined(b, -) }
  package static func * (a: Double, b: Matrix) -> Matrix {
    Matrix(rows: b.rows, columns: b.columns, values: b.values.map { a * $0 })
  }

  /// Elements less those of a row, where a mask is 1; a mask's 0 leaves what is there.
  package func shifted(by row: [Double], where mask: Matrix) -> Matrix {
    precondition(mask.values.count == values.count && row.count == columns, "sizes differ")
    var result = self
    for index in values.indices {
      result.values[index] -= mask.values[index] * row[index % columns]
    }
    return result
  }

  private func combined(_ other: Matrix, _ operation: (Double, Double) -> Double) -> Matrix {
    precondition((rows, columns) == (other.rows, other.columns), "matrices of different sizes")
    return Matrix(
      rows: rows, columns: columns, values: zip(values, other.values).map(operation))
  }

  package static func * (a: Matrix, b: Matrix) -> Matrix { multiply(a, b) }

  /// op(A) op(B), op being the transpose where asked for.
  package static func multiply(
    _ a: Matrix, _ b: Matrix, transposeA: Bool = false, transposeB: Bool = false
  ) -> Matrix {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (otherK, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == otherK, "product over \(k) and \(otherK)")
    var c = Matrix(zeros: m, n)
    guard m > 0, n > 0, k > 0 else { return c }
    cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      Int32(m), Int32(n), Int32(k), 1, a.values, Int32(a.columns), b.values, Int32(b.columns), 0,
      &c.values, Int32(n))
    return c
  }

  /// Adds X' X, of rows of the matrix's own width, to a symmetric matrix; only the upper triangle.
  package mutating func addGram(_ x: Matrix) {
    precondition(rows == columns && x.columns == columns, "Gram matrix of another size")
    guard x.rows > 0 else { return }
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(x.rows), 1, x.values,
      Int32(columns), 1, &values, Int32(columns))
  }

  /// Adds A' B.
  package mutating func addProduct(_ a: Matrix, _ b: Matrix) {
    precondition(
      a.rows == b.rows && rows == a.columns && columns == b.columns, "product of another size")
    guard a.rows > 0 else { return }
    cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(a.rows), 1,
      a.values, Int32(a.columns), b.values, Int32(b.columns), 1, &values, Int32(columns))
  }

  /// The lower triangle from the upper one.
  package mutating func mirrorUpper() {
    for row in 0..<rows { for column in 0..<row { self[row, column] = self[column, row] } }
  }
}

/// Threads of the products and decompositions; 1 once a CPU backend has been opened.
package func setLinearAlgebraThreads(_ count: Int) { openblas_set_num_threads(Int32(count)) }
