import Foundation

/// Philox4x32-10 written from the paper (Salmon et al. 2011), apart from the engine's.
package enum ReferencePhilox {
  package static func block(
    seed: UInt64, purpose: UInt32, step: UInt32, sample: UInt32, block: UInt32
  )
    -> [UInt32]
  {
    var counter = [block, sample, step, purpose]
    var key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    for _ in 0..<10 {
      let p = UInt64(counter[0]) * 0xD251_1F53
      let q = UInt64(counter[2]) * 0xCD9E_8D57
      counter = [
        UInt32(q >> 32) ^ counter[1] ^ key[0], UInt32(q & 0xFFFF_FFFF),
        UInt32(p >> 32) ^ counter[3] ^ key[1], UInt32(p & 0xFFFF_FFFF),
      ]
      key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85]
    }
    return counter
  }

  package static func words(
    seed: UInt64, purpose: UInt32, step: UInt32 = 0, sample: UInt32 = 0, count: Int
  ) -> [UInt32] {
    let blocks = (0..<UInt32((count + 3) / 4)).flatMap {
      block(seed: seed, purpose: purpose, step: step, sample: sample, block: $0)
    }
    return Array(blocks.prefix(count))
  }

  /// Standard normals by Box and Muller, float64.
  package static func normals(
    seed: UInt64, purpose: UInt32, step: UInt32 = 0, sample: UInt32 = 0, count: Int
  ) -> [Double] {
    let words = words(
      seed: seed, purpose: purpose, step: step, sample: sample, count: (count + 3) / 4 * 4)
    let u = words.map { (Double($0 >> 9) + 0.5) * 0x1p-23 }
    let pairs = stride(from: 0, to: u.count, by: 2).flatMap { k -> [Double] in
      let radius = (-2 * log(u[k])).squareRoot()
      return [radius * cos(2 * .pi * u[k + 1]), radius * sin(2 * .pi * u[k + 1])]
    }
    return Array(pairs.prefix(count))
  }
}
