import Foundation

/// The seed of every random value of the tests: fixed, or `VAE_GPU_TEST_SEED`. Printed once.
package let testSeed: UInt64 = {
  let text = ProcessInfo.processInfo.environment["VAE_GPU_TEST_SEED"]
  let seed = text.flatMap { UInt64($0) } ?? 20_260_101
  print("VAE_GPU_TEST_SEED=\(seed)")
  return seed
}()

/// A generator that a failing test can name by its seed: SplitMix64 (Steele, Lea and Flood 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  /// Started from the test seed and a text that says what for.
  package init(_ purpose: String) {
    state = purpose.utf8.reduce(testSeed ^ 0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// Uniform on [low, high), rounded to float32 so that every device is given the same value.
  package mutating func real(_ low: Double, _ high: Double) -> Double {
    Double(Float(low + Double(next() >> 11) * 0x1p-53 * (high - low)))
  }
}
