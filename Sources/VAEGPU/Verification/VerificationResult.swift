import Compute

/// One line of a verification: a figure that was found, and what it must be.
public struct VerificationResult: Sendable {
  public enum Relation: String, Sendable {
    /// Within the tolerance of what is expected.
    case equal = "="
    /// At most what is expected, and the tolerance.
    case atMost = "<="
    /// At least what is expected, less the tolerance.
    case atLeast = ">="
  }

  /// What is checked, such as "PPCA by EM: ln p(x)".
  public var check: String
  public var found: Double
  public var relation: Relation
  public var expected: Double
  public var tolerance: Double
  /// "nats/image", "degrees", "latents" or "relative error".
  public var unit: String
  public var seconds = 0.0

  public init(
    _ check: String, _ found: Double, _ relation: Relation, _ expected: Double,
    tolerance: Double = 0, unit: String = "nats/image"
  ) {
    self.check = check
    self.found = found
    self.relation = relation
    self.expected = expected
    self.tolerance = tolerance
    self.unit = unit
  }

  /// False for what is not a number, too.
  public var passed: Bool {
    switch relation {
    case .equal: abs(found - expected) <= tolerance
    case .atMost: found <= expected + tolerance
    case .atLeast: found >= expected - tolerance
    }
  }
}
