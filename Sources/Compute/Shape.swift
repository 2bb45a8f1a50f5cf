/// The extents of a tensor, outermost first: [rows, columns] is row-major.
package struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  package let extents: [Int]

  /// Traps on a negative extent: shapes come from the program, not from files.
  package init(_ extents: [Int]) {
    precondition(extents.allSatisfy { $0 >= 0 }, "negative extent in \(extents)")
    self.extents = extents
  }

  package init(arrayLiteral elements: Int...) { self.init(elements) }

  package var rank: Int { extents.count }
  package var count: Int { extents.reduce(1, *) }
  package var rows: Int { rank == 2 ? extents[0] : 1 }
  package var columns: Int { extents.last ?? 1 }
  package subscript(_ axis: Int) -> Int { extents[axis] }
  package var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
