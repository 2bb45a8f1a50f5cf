import Compute

/// Holds the properties of a device that the text of a joined launch depends on.
package struct JoinedTarget {
  /// Processors that each run work-groups.
  let computeUnits: Int
  let matrixInstructions: MatrixInstructions?
  /// How each matrix product is run.
  let variant: (MatrixMultiply) -> GemmVariant

  /// Whether a command gains by being a part of a launch: on a large GPU (8 MiB written, 200
  /// MFLOP) it takes 10 µs or less, about what a launch costs the host. A larger command is faster
  /// by itself, where it has the registers and the local memory that it needs alone.
  func joins(_ command: Command, writing views: [BufferView]) -> Bool {
    guard views.reduce(0, { $0 + $1.byteCount }) <= 8 << 20 else { return false }
    switch command {
    case .kernel(let launch):
      if case .rows(let count) = launch.size { return count <= 1 << 12 }
      return true
    case .multiply(let multiply):
      let variant = variant(multiply)
      // A launch is for sub-groups of any size.
      guard multiply.precision == .fp32 || matrixInstructions?.layout.attribute.isEmpty != false
      else { return false }
      return multiply.floatingPointOperations <= 200_000_000 && variant.tile != nil
        && variant.items == JoinedLaunch.items
        && variant.groups(GemmShape(multiply)) <= 1 << 12
    }
  }

  /// The runs of commands that share launches; none without a matrix product among them: by CLBlast
  /// alone, its epilogues join the launches behind it instead.
  func runs(of commands: [Command], _ accesses: [CommandAccess]) -> [Range<Int>] {
    let joinable = zip(commands, accesses).map { joins($0, writing: $1.writes) }
    let runs = Self.runs(of: joinable).filter { $0.count > 1 }
    let hasProduct = runs.joined().contains {
      if case .multiply = commands[$0] { true } else { false }
    }
    return hasProduct ? runs : []
  }

  /// The ranges of elements that are true.
  package static func runs(of flags: [Bool]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, flag) in flags.enumerated() where flag {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }
}
