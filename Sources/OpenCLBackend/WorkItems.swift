import Compute

/// How the kernels of the operations use work-items, which depends on the vectors that a driver's
/// compiler makes (Kernels/dialect.h).
package enum WorkItems: Sendable {
  /// One walks a row, or 1024 items: the compiler makes vectors of loops (PoCL).
  case loops
  /// 64 share a row, 256 have an item each: on processors whose compiler makes vectors of
  /// neighbouring work-items alone. Intel's runtime takes 2300 us for Adam's update of 657,408
  /// parameters in loops, 450 us so (two Emerald Rapids cores).
  case neighbours
  /// 64 share a row, and 64 a number of items: GPUs, which need longer to begin a work-group than to
  /// do one item each.
  case lanes

  /// Gives the build options by which the dialect chooses its macros.
  var options: String {
    switch self {
    case .loops: " -DONE_LANE"
    case .neighbours: " -DONE_ITEM=\(ofItems)"
    case .lanes: ""
    }
  }

  /// Work-items of the work-group of a row: `LANES` of the dialect.
  var ofRow: Int { self == .loops ? 1 : 64 }

  /// Work-items of a work-group of items.
  var ofItems: Int { self == .neighbours ? 256 : ofRow }

  /// Work-groups of `count` items on a device of so many compute units.
  func groups(ofItems count: Int, units: Int) -> Int {
    switch self {
    case .loops: (count + 1023) / 1024
    case .neighbours: (count + ofItems - 1) / ofItems
    // Fills the compute units, each of which holds about 32 work-groups.
    case .lanes: min((count + ofItems - 1) / ofItems, 32 * units)
    }
  }
}

extension GemmTarget {
  var workItems: WorkItems {
    guard type == .cpu else { return .lanes }
    return platform == "Intel(R) OpenCL" ? .neighbours : .loops
  }
}
