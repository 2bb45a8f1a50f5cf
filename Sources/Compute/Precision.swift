/// How matrix products take their operands. Sums, and everything that is no matrix product, are float32 either way.
public enum Precision: String, CaseIterable, Sendable {
  /// As they are.
  case fp32
  /// Rounded to TensorFloat-32: the upper 19 bits of a float32, 11 bits of significand; to nearest,
  /// ties away from zero.
  case tf32
  /// Rounded to bfloat16: the upper 16 bits of a float32, 8 bits of significand; to nearest, ties to even.
  case bf16
}
