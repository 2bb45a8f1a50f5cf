/// The order in which a device adds the terms of a matrix product.
public enum SummationOrder: String, CaseIterable, Sendable {
  /// Adds over k in order, in one accumulator, which gives the bits of the CPU backend.
  case exact
  /// Adds in the fastest order that the device knows, which is the same in every run on that
  /// device. Kernels for processors are fastest in the exact order, and have no other.
  case fast
}
