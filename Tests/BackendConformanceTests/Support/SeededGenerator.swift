import Foundation

/// The seed of every random value of the suite: fixed, or `VAE_GPU_TEST_SEED`. Printed once.
let testSeed: UInt64 = {
  let text = ProcessInfo.processInfo.environment["VAE_GPU_TEST_SEED"]
  let seed = text.flatMap { UInt64($0) } ?? 20_260_101
  print("BackendConformanceTests: VAE_GPU_TEST_SEED=\(seed)")
  return seed
}()

/// SplitMix64 (Steele, Lea and Flood 2014), started from the test seed and a text that says what for.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ purpose: String) {
    state = purpose.utf8.reduce(testSeed ^ 0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// Uniform on [low, high), rounded to float32 so that every device is given the same value.
  mutating func real(_ low: Double, _ high: Double) -> Double {
    Double(Float(low + Double(next() >> 11) * 0x1p-53 * (high - low)))
  }
}
