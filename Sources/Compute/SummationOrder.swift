/// In which order a device adds the terms of a matrix product.
public enum SummationOrder: String, CaseIterable, Sendable {
  /// Over k in order, in one accumulator: the bits of the CPU backend.
  case exact
  /// In the fastest order that the device knows, which is the same in every run on that device.
  /// Kernels for processors are fastest in the exact order, and have no other.
  case fast
}
