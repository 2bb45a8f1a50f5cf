import Foundation

/// Numbers to and from little-endian bytes, whatever the machine's order.
enum LittleEndian {
  /// `value` as its bytes, least significant first.
  static func bytes<T: FixedWidthInteger>(of value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
  }

  /// `values` as IEEE 754 binary32, four bytes each.
  static func bytes(of values: [Float]) -> [UInt8] {
    #if _endian(little)
      return values.withUnsafeBytes { [UInt8]($0) }
    #else
      return values.flatMap { bytes(of: $0.bitPattern) }
    #endif
  }

  /// The integer at byte `offset` of `buffer`.
  static func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, from buffer: UnsafeRawBufferPointer, at offset: Int
  ) -> T {
    T(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// `count` numbers of `width` bytes each, decoded one by one.
  static func floats<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, in bytes: ArraySlice<UInt8>, _ decode: (T) -> Float
  ) -> [Float] {
    let width = MemoryLayout<T>.size
    return bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / width).map { decode(load(type, from: buffer, at: $0 * width)) }
    }
  }

  /// IEEE 754 binary16 to binary32, exactly (subnormals, infinities and NaN included).
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
