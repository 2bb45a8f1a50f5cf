import COpenBLAS
import Foundation

/// A decomposition that does not exist: the matrix is not positive definite, or an iteration did not end.
package struct DecompositionError: Error, CustomStringConvertible {
  package let description: String
}

extension Matrix {
  /// Eigenvalues of a symmetric matrix, largest first, with the eigenvectors as columns (LAPACK dsyevd).
  package func symmetricEigen() throws(DecompositionError) -> (values: [Double], vectors: Matrix) {
    precondition(rows == columns, "eigenvalues of \(rows) x \(columns)")
    var n = Int32(rows)
    var a = values
    var eigenvalues = [Double](repeating: 0, count: rows)
    var (workCount, integerCount, info) = (Int32(-1), Int32(-1), Int32(0))
    var (work, integers) = ([0.0], [Int32(0)])
    // The first call asks for the sizes of the work space.
    for _ in 0..<2 {
      dsyevd_(
        "V", "U", &n, &a, &n, &eigenvalues, &work, &workCount, &integers, &integerCount, &info, 1, 1
      )
      guard info == 0 else {
        throw DecompositionError(description: "eigenvalues did not converge (dsyevd \(info))")
      }
      guard workCount == -1 else { break }
      (workCount, integerCount) = (Int32(work[0]), integers[0])
      work = [Double](repeating: 0, count: Int(workCount))
      integers = [Int32](repeating: 0, count: Int(integerCount))
    }
    // Column-major, smallest first: rows of `a` are the eigenvectors.
    let vectors = Matrix(
      rows: rows, columns: rows,
      values: (0..<rows).reversed().flatMap { a[($0 * rows)..<(($0 + 1) * rows)] })
    return (eigenvalues.reversed(), vectors.transposed)
  }
}

extension Matrix {
  /// How many eigenvalues of a symmetric matrix exceed a number: the positive ones of D in A - number I = L D L', which has as many as
  /// what it is congruent to (Sylvester's law of inertia; LAPACK dsytrf).
  package func countEigenvalues(above number: Double) -> Int {
    precondition(rows == columns, "eigenvalues of \(rows) x \(columns)")
    var n = Int32(rows)
    var a = values
    for i in 0..<rows { a[i * rows + i] -= number }
    var pivots = [Int32](repeating: 0, count: rows)
    var (workCount, info) = (Int32(64) * max(n, 1), Int32(0))
    var work = [Double](repeating: 0, count: Int(workCount))
    dsytrf_("L", &n, &a, &n, &pivots, &work, &workCount, &info, 1)
    var (count, i) = (0, 0)
    while i < rows {
      // A block of two, told by a negative pivot, has one positive and one negative eigenvalue.
      let isPair = pivots[i] < 0
      if isPair || a[i * rows + i] > 0 { count += 1 }
      i += isPair ? 2 : 1
    }
    return count
  }
}

/// A = L L' of a symmetric positive definite matrix (LAPACK dpotrf).
package struct Cholesky {
  private let factor: [Double]
  private let size: Int

  package init(_ matrix: Matrix) throws(DecompositionError) {
    precondition(matrix.rows == matrix.columns, "Cholesky of \(matrix.rows) x \(matrix.columns)")
    var (n, info) = (Int32(matrix.rows), Int32(0))
    var a = matrix.values
    dpotrf_("U", &n, &a, &n, &info, 1)
    guard info == 0 else {
      throw DecompositionError(description: "a matrix is not positive definite (dpotrf \(info))")
    }
    factor = a
    size = matrix.rows
  }

  package var logDeterminant: Double {
    (0..<size).reduce(0) { $0 + 2 * log(factor[$1 * size + $1]) }
  }

  /// B A^-1 for rows of B.
  package func dividing(_ b: Matrix) -> Matrix {
    precondition(b.columns == size, "\(b.columns) columns for \(size)")
    var (n, columns, info) = (Int32(size), Int32(b.rows), Int32(0))
    var result = b
    // Rows are LAPACK's columns: A X = B' solves X' A = B.
    dpotrs_("U", &n, &columns, factor, &n, &result.values, &n, &info, 1)
    return result
  }

  package var inverse: Matrix {
    dividing(Matrix(diagonal: [Double](repeating: 1, count: size)))
  }
}
