import Compute

/// Parameters of CLBlast's two kernels that tuning tries beside CLBlast's own, in the order of `CLBlastKernel.names`.
package struct CLBlastCandidates: Sendable {
  package var direct: [[Int]]
  package var indirect: [[Int]]

  package init(direct: [[Int]] = [], indirect: [[Int]] = []) {
    self.direct = direct
    self.indirect = indirect
  }

  package var isEmpty: Bool { direct.isEmpty && indirect.isEmpty }

  /// - Parameter quick: those that are worth a first look; none for processors, where the engine's own kernels are far ahead
  ///   and compiling takes longest.
  package static func of(_ device: OpenCLDevice, quick: Bool = false) -> CLBlastCandidates {
    var all = device.info.type == .cpu ? processors : gpus
    if quick {
      let count = device.info.type == .cpu ? 0 : 2
      all.direct = Array(all.direct.prefix(count))
      all.indirect = Array(all.indirect.prefix(count))
    }
    all.direct.removeAll { !CLBlastParameters(direct: $0).fits(device) }
    all.indirect.removeAll { !CLBlastParameters(indirect: $0).fits(device) }
    return all
  }

  /// Small work-groups, for a processor runs their items one after the other, wide vectors, no local memory where the
  /// kernel can do without.
  package static let processors = CLBlastCandidates(
    direct: [[2, 4, 4, 4, 4, 0, 0, 8, 8, 32]],
    indirect: [
      [0, 1, 32, 2, 2, 2, 32, 2, 2, 16, 0, 0, 0, 0, 8, 8],
      [0, 1, 32, 2, 2, 2, 16, 2, 2, 16, 0, 0, 0, 0, 8, 8],
    ])

  /// Tiles of 32 x 32 to 128 x 128 through local memory by groups of 64 to 256 work-items: what large GPUs of NVIDIA and AMD
  /// are known to run fast.
  package static let gpus = CLBlastCandidates(
    direct: [
      [8, 8, 16, 32, 16, 1, 1, 2, 1, 32],
      [2, 8, 8, 8, 8, 1, 1, 4, 4, 32],
      [2, 16, 16, 16, 16, 1, 1, 1, 2, 32],
      [2, 16, 16, 16, 16, 1, 1, 2, 2, 32],
      [2, 8, 8, 16, 16, 1, 1, 4, 2, 32],
      [2, 8, 8, 8, 8, 1, 1, 2, 2, 16],
      [8, 16, 16, 32, 16, 1, 1, 4, 1, 64],
      [2, 16, 16, 16, 16, 1, 1, 4, 4, 64],
    ],
    indirect: [
      [0, 1, 32, 2, 8, 8, 32, 16, 16, 64, 1, 1, 0, 0, 4, 4],
      [0, 1, 16, 2, 16, 16, 128, 16, 16, 128, 1, 1, 0, 0, 4, 4],
      [0, 1, 32, 2, 16, 16, 64, 8, 8, 32, 1, 1, 0, 0, 4, 4],
      [0, 1, 16, 2, 16, 16, 128, 32, 16, 128, 1, 1, 1, 1, 1, 2],
      [0, 1, 32, 2, 8, 32, 128, 16, 8, 128, 1, 1, 1, 1, 2, 2],
      [0, 1, 32, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 4, 4],
      [0, 1, 32, 2, 8, 8, 32, 8, 8, 32, 1, 1, 0, 0, 4, 4],
      [0, 1, 16, 2, 8, 8, 128, 32, 8, 64, 1, 0, 1, 1, 4, 1],
      [0, 1, 32, 2, 16, 16, 128, 16, 8, 64, 1, 1, 1, 0, 4, 1],
      [0, 1, 16, 2, 32, 16, 64, 16, 8, 128, 1, 1, 0, 1, 2, 8],
    ])
}
