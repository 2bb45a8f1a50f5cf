import Compute

/// The kernels for a product that nobody has measured, best first.
struct GemmGuess {
  let shape: GemmShape
  let precision: Precision
  let order: SummationOrder
  let target: GemmTarget

  var variants: [GemmVariant] {
    guard target.type == .cpu else { return tiles + (precision == .fp32 ? [.clblast] : []) }
    // Processors have vector registers and no local memory of their own: panels, as many rows as
    // leave two registers of 32, or of 16, for a row of the panel.
    let vector = target.vectorWidth
    let rows = vector == 16 ? 12 : 6
    let panels = [256, 128, 64, 32, 16].map { depth in
      GemmVariant.panel(
        rows: rows, vector: vector, depth: depth, groupRows: 11 * rows, panels: 2)
    }
    return panels + [.clblast]
  }

  /// The parts of k that take least time together: on an H200, a work-group needs 0.35 µs for 16
  /// values of k, and the last one 0.2 µs to add a part, which is 0.022 k / parts + 0.2 parts.
  private static func parts(_ k: Int) -> Int { Int((Double(k) / 9).squareRoot()) }

  /// Up to this many multiply-adds a product is small: it is over in the time of a launch, so it
  /// takes work-groups that can share one with other commands (`JoinedLaunch`).
  private static let small = 1 << 26

  /// Measured on an H200 (132 compute units): tiles of 32 x 32 for small products, with k shared so
  /// that there are about 4 work-groups a compute unit and 96 values of k in each; tiles of 128 x
  /// 128 where they fill the device, else of 64 x 64 with 2 work-groups a compute unit.
  private var tiles: [GemmVariant] {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    func count(_ rows: Int, _ columns: Int) -> Int {
      ((m + rows - 1) / rows) * ((n + columns - 1) / columns)
    }
    func split(_ tiles: Int, groups: Int, depth: Int) -> Int {
      guard order == .fast || precision != .fp32 else { return 1 }
      return max(1, min(groups / tiles, k / depth, Self.parts(k)))
    }
    let units = target.computeUnits
    let least = fallback
    if m * n * k <= Self.small || min(m, n) <= 32 {
      let depth = m * n * k <= Self.small ? 96 : 256
      let groups = m * n * k <= Self.small ? 4 * units : 2 * units
      return [small(split: split(count(32, 32), groups: groups, depth: depth)), least]
    }
    let large = count(128, 128)
    let parts = split(large, groups: units, depth: 512)
    if 10 * large * parts >= 9 * units && min(m, n) >= 128 {
      return [self.large(split: parts), least]
    }
    return [medium(split: split(count(64, 64), groups: 2 * units, depth: 256)), least]
  }

  private func small(split: Int) -> GemmVariant {
    matrix(tile: 32, split: split)
      ?? .tiled(m: 32, n: 32, k: 16, rows: 4, columns: 4, split: split)
  }

  private func medium(split: Int) -> GemmVariant {
    matrix(tile: 64, split: split)
      ?? .tiled(m: 64, n: 64, k: 16, rows: 4, columns: 4, split: split)
  }

  private func large(split: Int) -> GemmVariant {
    matrix(tile: 128, split: split)
      ?? .tiled(m: 128, n: 128, k: 16, rows: 8, columns: 8, split: split)
  }

  /// nil in fp32.
  private func matrix(tile: Int, split: Int) -> GemmVariant? {
    guard precision != .fp32 else { return nil }
    return .matrix(
      target.matrixInstructions?.layout ?? .mma, tile: tile, split: split, precision)
  }

  /// For devices with little local memory or small work-groups.
  private var fallback: GemmVariant {
    matrix(tile: 16, split: 1)
      ?? .tiled(m: 16, n: 16, k: 8, rows: 4, columns: 4, split: 1)
  }
}
