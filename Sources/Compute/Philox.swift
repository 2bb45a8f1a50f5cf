import CKernels

/// Counter-based random numbers on the host: the same Philox4x32-10 as in the kernels (Salmon et al. 2011).
///
/// A word is a function of (seed, purpose, step, sample, element): key = (seed low, seed high),
/// counter = (element / 4, sample, step, purpose), word = element % 4.
package struct Philox: Sendable {
  /// What a stream of numbers is for; part of the counter, so streams never overlap.
  package enum Purpose: UInt32, Sendable {
    case initialisation = 1
    case shuffle = 2
    case trainingNoise = 3
    case trainingBinarisation = 4
    case staticBinarisation = 5
    case evaluationNoise = 6
    case evaluationBinarisation = 7
    case priorSample = 8
    case pixelDraw = 9
    case corruption = 10
  }

  package let seed: UInt64
  package let purpose: Purpose
  package let step: UInt32

  package init(seed: UInt64, purpose: Purpose, step: UInt32 = 0) {
    self.seed = seed
    self.purpose = purpose
    self.step = step
  }

  /// The four words of a block of elements.
  package func words(block: UInt32, sample: UInt32 = 0) -> [UInt32] {
    Self.words(
      counter: [block, sample, step, purpose.rawValue],
      key: [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)])
  }

  /// One word.
  package func word(element: UInt32, sample: UInt32 = 0) -> UInt32 {
    words(block: element / 4, sample: sample)[Int(element % 4)]
  }

  /// The bare function, for known-answer tests.
  package static func words(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    precondition(counter.count == 4 && key.count == 2)
    var words: [UInt32] = [0, 0, 0, 0]
    vae_philox(counter, key, &words)
    return words
  }

  /// The words of elements 0 ..< count of a sample.
  package func words(count: Int, sample: UInt32 = 0) -> [UInt32] {
    let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    return [UInt32](unsafeUninitializedCapacity: count) { buffer, filled in
      vae_philox_stream([0, sample, step, purpose.rawValue], key, buffer.baseAddress, count)
      filled = count
    }
  }

  /// Numbers uniform on [0, 1) with 24 bits, elements 0 ..< count of a sample.
  package func uniforms(count: Int, sample: UInt32 = 0) -> [Double] {
    words(count: count, sample: sample).map { Double($0 >> 8) * 0x1p-24 }
  }

  /// A permutation of 0 ..< count by Fisher and Yates: i from count - 1 to 1 swaps with (word(i) (i + 1)) >> 32.
  package func permutation(count: Int) -> [UInt32] {
    var order = (0..<UInt32(count)).map { $0 }
    guard count > 1 else { return order }
    let words = words(count: count)
    for i in stride(from: count - 1, through: 1, by: -1) {
      let j = Int((UInt64(words[i]) * UInt64(i + 1)) >> 32)
      order.swapAt(i, j)
    }
    return order
  }
}
