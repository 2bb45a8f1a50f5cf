import Testing
import VAEGPU

/// When a figure of a verification is what it must be.
struct VerificationTests {
  @Test(
    "A figure passes within its tolerance on the right side, and never as no number",
    arguments: [
      (VerificationResult.Relation.equal, [1.0, 1.1, 0.9], [1.11, 0.89]),
      (.atMost, [-5, 1, 1.1], [1.11]), (.atLeast, [7, 1, 0.9], [0.89]),
    ])
  func passed(relation: VerificationResult.Relation, good: [Double], bad: [Double]) {
    for found in good {
      #expect(VerificationResult("", found, relation, 1, tolerance: 0.1000001).passed)
    }
    for found in bad + [.nan] {
      #expect(!VerificationResult("", found, relation, 1, tolerance: 0.1000001).passed)
    }
    #expect(!VerificationResult("", 1, relation, .nan, tolerance: 1).passed)
  }
}
