import Compute

extension GemmVariant {
  /// What tuning tries on a device.
  ///
  /// - Parameters:
  ///   - quick: only those that won somewhere, for a first run that does not want to wait.
  ///   - anyOrder: also variants that split k, whose last bits differ from the CPU backend's.
  package static func candidates(
    for device: OpenCLDevice, quick: Bool = false, anyOrder: Bool = false
  ) -> [GemmVariant] {
    candidates(for: GemmTarget(device), quick: quick, anyOrder: anyOrder)
  }

  /// What tuning tries on a device of these properties.
  package static func candidates(
    for target: GemmTarget, precision: Precision = .fp32, quick: Bool = false,
    anyOrder: Bool = false
  ) -> [GemmVariant] {
    guard precision == .fp32 else {
      guard let layout = target.matrixInstructions?.layout else { return [] }
      return matrices(layout, precision).filter { $0.fits(target, precision) }
    }
    let own = target.type == .cpu ? panels(for: target, quick: quick) : tiles(quick: quick)
    let split = anyOrder && target.type != .cpu ? splits : []
    return ([.clblast] + own + split).filter { $0.fits(target) }
  }

  /// Panels of 512 and 256 values of k, or of fewer where the device has no local memory for these.
  private static func panels(for target: GemmTarget, quick: Bool) -> [GemmVariant] {
    let vector = target.vectorWidth
    var variants: [GemmVariant] = []
    // As many rows as the registers hold, or fewer that divide a batch.
    let tiles = vector == 16 ? [12, 8] : [6]
    for rows in quick ? Array(tiles.prefix(1)) : tiles {
      for panels in quick ? [1, 4] : [1, 2, 4, 8] {
        for groupRows in [64, 128, 256, 1024] {
          let deep = [512, 256, 128, 64, 32, 16].map { depth in
            // A multiple of the rows of a register tile wastes none.
            GemmVariant.panel(
              rows: rows, vector: vector, depth: depth,
              groupRows: (groupRows + rows - 1) / rows * rows, panels: panels)
          }
          variants += deep.filter { $0.fits(target) }.prefix(quick ? 1 : 2)
        }
      }
    }
    return variants
  }

  /// Small tiles for the small products of a training step, which must fill the device; large ones for large products.
  private static func tiles(quick: Bool) -> [GemmVariant] {
    let common: [GemmVariant] = [
      .tiled(m: 32, n: 32, k: 16, rows: 4, columns: 4, split: 1),
      .tiled(m: 64, n: 64, k: 16, rows: 4, columns: 4, split: 1),
      .tiled(m: 128, n: 128, k: 16, rows: 8, columns: 8, split: 1),
    ]
    let more: [GemmVariant] = [
      .tiled(m: 16, n: 32, k: 32, rows: 4, columns: 4, split: 1),
      .tiled(m: 32, n: 32, k: 32, rows: 4, columns: 4, split: 1),
      .tiled(m: 64, n: 32, k: 16, rows: 4, columns: 4, split: 1),
      .tiled(m: 64, n: 64, k: 16, rows: 8, columns: 4, split: 1),
      .tiled(m: 64, n: 64, k: 16, rows: 8, columns: 8, split: 1),
      .tiled(m: 128, n: 64, k: 16, rows: 8, columns: 8, split: 1),
      .tiled(m: 128, n: 128, k: 8, rows: 8, columns: 8, split: 1),
    ]
    return quick ? common : common + more
  }

  /// By matrix instructions.
  private static func matrices(_ layout: MatrixLayout, _ precision: Precision) -> [GemmVariant] {
    [(16, 1), (32, 1), (32, 8), (64, 1), (64, 8), (128, 1)].map { tile, split in
      matrix(layout, tile: tile, split: split, precision)
    }
  }

  /// Gives a square tile by the matrix instructions of a layout; a large one in tf32 is 16 values of
  /// k deep, so that two fit into local memory.
  static func matrix(
    _ layout: MatrixLayout, tile: Int, split: Int, _ precision: Precision
  ) -> GemmVariant {
    let k = tile == 16 || (tile > 32 && precision == .tf32) ? 16 : 32
    let share = layout.share(ofTile: tile, precision)
    return .matrix(
      m: tile, n: tile, k: k, rows: share.rows, columns: share.columns, split: split,
      lanes: layout.lanes)
  }

  private static let splits: [GemmVariant] = [2, 4, 8, 16, 32, 128].flatMap { split in
    [
      .tiled(m: 32, n: 32, k: 16, rows: 4, columns: 4, split: split),
      .tiled(m: 64, n: 64, k: 16, rows: 4, columns: 4, split: split),
    ]
  }
}
