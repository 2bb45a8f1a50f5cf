import CKernels
import TestSupport
import Testing

/// Operands of bf16 products are rounded to nearest, ties to even.
@Suite("Rounding to bf16") struct BF16RoundingTests {
  private static let cases: [(value: UInt32, rounded: UInt16, what: String)] = [
    (0x3f80_0000, 0x3f80, "1"), (0x3f80_8000, 0x3f80, "a tie goes down to even"),
    (0x3f81_8000, 0x3f82, "a tie goes up to even"), (0x3f80_8001, 0x3f81, "above a tie"),
    (0x3f81_7fff, 0x3f81, "below a tie"), (0xbf81_8000, 0xbf82, "a negative tie"),
    (0xbf80_8000, 0xbf80, "a negative tie"), (0x3fff_8000, 0x4000, "up to the next power of 2"),
    (0x0000_0000, 0x0000, "0"), (0x8000_0000, 0x8000, "-0"),
    (0x7f80_0000, 0x7f80, "infinity"), (0xff80_0000, 0xff80, "-infinity"),
    (0x7f7f_ffff, 0x7f80, "the largest float32 is above all of bf16"),
    (0x7f7f_7fff, 0x7f7f, "the largest that is not"), (0x7f7f_8000, 0x7f80, "the tie between"),
    (0x0080_0000, 0x0080, "the least normal number"), (0x0080_8000, 0x0080, "a tie there"),
    (0x0000_0001, 0x0000, "subnormal"), (0x8000_0001, 0x8000, "subnormal, negative"),
    (0x007f_ffff, 0x0000, "the largest subnormal"), (0x807f_ffff, 0x8000, "the same, negative"),
  ]

  @Test(arguments: BF16Kernel.all)
  func `edges are rounded as they should be`(_ kernel: BF16Kernel) {
    // Every case once in each of the 32 places of a call.
    for shift in 0..<32 {
      let values = (0..<32).map { Self.cases[($0 + shift) % Self.cases.count] }
      let rounded = kernel.round(values.map { Float(bitPattern: $0.value) })
      for (found, expected) in zip(rounded, values) {
        #expect(found == expected.rounded, "\(expected.what): \(String(found, radix: 16))")
      }
    }
  }

  @Test(arguments: BF16Kernel.all)
  func `not a number stays not a number`(_ kernel: BF16Kernel) {
    // The bits that make it one may all lie in the half that is cut off, or carry over the sign.
    let patterns: [UInt32] = [
      0x7f80_0001, 0x7f80_8000, 0x7fc0_0000, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff, 0xffc0_8000,
    ]
    let rounded = kernel.round(patterns.map { Float(bitPattern: $0) })
    for (found, pattern) in zip(rounded, patterns) {
      #expect(found & 0x7f80 == 0x7f80 && found & 0x7f != 0, "\(String(pattern, radix: 16))")
    }
  }

  @Test(arguments: BF16Kernel.all)
  func `any number is rounded to the nearest`(_ kernel: BF16Kernel) {
    var generator = SeededGenerator("bf16")
    let values = (0..<100_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next() as UInt64))
    }.filter { !$0.isNaN }
    let rounded = kernel.round(values)
    let wrong = values.indices.filter { index in
      let expected = Float(Double(values[index]).roundedToBF16)
      return UInt32(rounded[index]) << 16 != expected.bitPattern
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(4).map { (values[$0], rounded[$0]) })")
  }

  @Test func `the best kernel is one of those that are there`() {
    #expect(BF16Kernel.all.contains { $0.kind == vae_bf16_best(nil) })
    #expect((vae_bf16_instruction_set(nil) == nil) == (vae_bf16_best(nil) == VAE_BF16_PORTABLE))
  }
}
