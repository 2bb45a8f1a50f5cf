/// Philox4x32-10 and the numbers made of it, written from the paper (Salmon et al. 2011) and from the layout that
/// Kernels/random.h states; shares no code with either.
struct ReferencePhilox {
  var seedLow: UInt32
  var seedHigh: UInt32
  var purpose: UInt32
  var step: UInt32

  func words(block: Int, sample: Int) -> [UInt32] {
    var counter = [UInt32(block), UInt32(sample), step, purpose]
    var key = [seedLow, seedHigh]
    for _ in 0..<10 {
      let first = UInt32(0xD251_1F53).multipliedFullWidth(by: counter[0])
      let second = UInt32(0xCD9E_8D57).multipliedFullWidth(by: counter[2])
      counter = [
        second.high ^ counter[1] ^ key[0], second.low, first.high ^ counter[3] ^ key[1], first.low,
      ]
      key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85]
    }
    return counter
  }

  func word(_ element: Int, sample: Int) -> UInt32 {
    words(block: element / 4, sample: sample)[element % 4]
  }

  func uniform(_ element: Int, sample: Int) -> Double {
    Double(word(element, sample: sample) / 256) / 16_777_216
  }

  func normal(_ element: Int, sample: Int) -> Double {
    let words = words(block: element / 4, sample: sample)
    let pair = element % 4 / 2 * 2
    let u1 = (Double(words[pair] / 512) + 0.5) / 8_388_608
    let u2 = (Double(words[pair + 1] / 512) + 0.5) / 8_388_608
    let radius = (-2 * Reference.log(u1)).squareRoot()
    let angle = 2 * Double.pi * u2
    return radius * (element % 2 == 0 ? Reference.cos(angle) : Reference.sin(angle))
  }

  /// 1 with probability pixel / 255: word / 2^32 < pixel / 255 in integers.
  static func isSet(word: UInt32, pixel: Int) -> Bool {
    UInt64(word) * 255 < UInt64(pixel) * 0x1_0000_0000
  }

  func binarised(_ pixel: Double, _ element: Int, sample: Int) -> Double {
    Self.isSet(word: word(element, sample: sample), pixel: Int(pixel)) ? 1 : 0
  }
}
