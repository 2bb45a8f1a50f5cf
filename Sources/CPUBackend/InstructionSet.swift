import CKernels
import Compute
import Glibc

/// An instruction set that the kernels and matrix products of the CPU backend are compiled for. All
/// compute the same bits, but for bf16 products, whose instructions add in orders of their own and
/// belong to x86-64-v4.
package struct InstructionSet: Sendable, Equatable {
  /// A level of CKernels: a constant of the program.
  package nonisolated(unsafe) let level: OpaquePointer

  package static func == (one: Self, other: Self) -> Bool { one.level == other.level }

  /// For example "x86-64-v3".
  package var name: String { String(cString: vae_level_name(level)) }

  /// Whether this processor has it.
  package var isAvailable: Bool { vae_level_is_available(level) != 0 }

  /// Those of this architecture, the lowest first.
  package static let all: [InstructionSet] = {
    var count = 0
    let levels = vae_levels(&count)
    return (0..<count).compactMap { levels?[$0].map(InstructionSet.init) }
  }()

  /// Those that this processor has, the lowest first.
  package static let available = all.filter(\.isAvailable)

  /// The name of the environment variable that forces one.
  package static let variable = "VAE_GPU_ISA"

  /// The one that VAE_GPU_ISA names, else the highest that this processor has.
  ///
  /// Throws `ComputeError` where this program or processor has no such instruction set.
  package static func chosen() throws(ComputeError) -> InstructionSet {
    let wanted = getenv(variable).map { String(cString: $0) } ?? ""
    guard !wanted.isEmpty else {
      guard let best = available.last else {
        throw ComputeError(
          .unsupported, operation: "the CPU backend",
          detail: "this processor has none of \(names(all)), for which the program is compiled")
      }
      return best
    }
    guard let found = all.first(where: { $0.name == wanted }) else {
      throw ComputeError(
        .deviceNotFound, operation: "\(variable)=\(wanted)",
        detail: "no such instruction set; this processor has \(names(available))")
    }
    guard found.isAvailable else {
      throw ComputeError(
        .deviceNotFound, operation: "\(variable)=\(wanted)",
        detail: "this processor lacks it; it has \(names(available))")
    }
    return found
  }

  private static func names(_ sets: [InstructionSet]) -> String {
    sets.map(\.name).joined(separator: ", ")
  }

  /// As `chosen`, for those that cannot throw; the highest that there is where that would.
  package static var current: InstructionSet {
    if let chosen = try? chosen() { return chosen }
    guard let best = available.last ?? all.first else {
      preconditionFailure("the kernels are compiled for no instruction set")
    }
    return best
  }
}
