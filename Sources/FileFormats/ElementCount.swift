/// The number of elements of an array.
enum ElementCount {
  /// The product of the extents; nil where one is negative or the product is beyond `Int`.
  static func of(_ shape: [Int]) -> Int? {
    var count = 1
    for extent in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows else { return nil }
      count = product
    }
    return count
  }
}
