/// The parts of CLBlast's matrix product that have parameters of their own.
package enum CLBlastKernel: String, CaseIterable, Sendable {
  /// One kernel that takes matrices as they are; for small products.
  case direct = "XgemmDirect"
  /// A faster kernel for whole tiles, with others that pad and transpose before and after it.
  case indirect = "Xgemm"
  /// Which of the two runs: products with m n k below the cube of the one parameter take the direct kernel.
  case routine = "GemmRoutine"

  /// CLBlast's names, separated by spaces, in the order of values.
  package var names: String {
    switch self {
    case .direct: "KWID MDIMAD MDIMCD NDIMBD NDIMCD PADA PADB VWMD VWND WGD"
    case .indirect:
      "GEMMK KREG KWG KWI MDIMA MDIMC MWG NDIMB NDIMC NWG SA SB STRM STRN VWM VWN"
    case .routine: "XGEMM_MIN_INDIRECT_SIZE"
    }
  }

  /// Work-items of a work-group and bytes of its local memory; nil for values that the kernel was not written for, or that
  /// add over k in another order than the CPU backend. Another kernel than 0 of the indirect path (GEMMK) is refused: it
  /// makes PoCL's compiler crash.
  package func needs(_ values: [Int]) -> (items: Int, localByteCount: Int)? {
    let names = names.split(separator: " ").map(String.init)
    guard values.count == names.count else { return nil }
    let value = Dictionary(uniqueKeysWithValues: zip(names, values))
    func p(_ name: String) -> Int { value[name] ?? 0 }
    switch self {
    case .routine: return (1...1 << 20).contains(values[0]) ? (1, 0) : nil
    case .direct:
      let tile = p("WGD")
      let flags = [p("PADA"), p("PADB")]
      let a = Side(tile: tile, group: p("MDIMCD"), load: p("MDIMAD"), vector: p("VWMD"))
      let b = Side(tile: tile, group: p("NDIMCD"), load: p("NDIMBD"), vector: p("VWND"))
      guard Side.fit(a, b, depth: tile, unroll: p("KWID")), flags.allSatisfy({ 0...1 ~= $0 })
      else { return nil }
      return (a.group * b.group, 4 * tile * (2 * tile + flags[0] + flags[1]))
    case .indirect:
      let depth = p("KWG")
      let a = Side(tile: p("MWG"), group: p("MDIMC"), load: p("MDIMA"), vector: p("VWM"))
      let b = Side(tile: p("NWG"), group: p("NDIMC"), load: p("NDIMB"), vector: p("VWN"))
      let flags = ["SA", "SB", "STRM", "STRN"].map(p)
      guard Side.fit(a, b, depth: depth, unroll: p("KWI")), flags.allSatisfy({ 0...1 ~= $0 }),
        p("GEMMK") == 0, p("KREG") == 1
      else { return nil }
      return (a.group * b.group, 4 * depth * (flags[0] * a.tile + flags[1] * b.tile))
    }
  }
}

/// A tile of a matrix along m or n: its extent, the work-items that compute and that load it, floats in a vector.
private struct Side {
  let tile, group, load, vector: Int

  /// Whether two sides go together: every division that the kernels do comes out even, and accumulators fit registers.
  static func fit(_ a: Side, _ b: Side, depth: Int, unroll: Int) -> Bool {
    guard a.isEven, b.isEven, (1...128).contains(depth), unroll > 0, depth % unroll == 0
    else { return false }
    let items = a.group * b.group
    return items <= 1024 && a.tile * b.tile / items <= 256
      && [a, b].allSatisfy { items % $0.load == 0 && depth % (items / $0.load) == 0 }
  }

  private var isEven: Bool {
    [tile, group, load].allSatisfy { (1...256).contains($0) } && [1, 2, 4, 8, 16].contains(vector)
      && tile % (group * vector) == 0 && tile % (load * vector) == 0
  }
}
