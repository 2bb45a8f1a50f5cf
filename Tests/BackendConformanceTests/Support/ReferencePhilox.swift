import TestSupport

/// The numbers made of Philox4x32-10, written from the layout that Kernels/random.h states; shares no code with it.
struct ReferencePhilox {
  var seedLow: UInt32
  var seedHigh: UInt32
  var purpose: UInt32
  var step: UInt32

  func words(block: Int, sample: Int) -> [UInt32] {
    TestSupport.ReferencePhilox.block(
      seed: UInt64(seedHigh) << 32 | UInt64(seedLow), purpose: purpose, step: step,
      sample: UInt32(sample), block: UInt32(block))
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
