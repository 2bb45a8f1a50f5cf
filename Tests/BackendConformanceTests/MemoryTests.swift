import Compute
import TestSupport
import Testing

@Suite("Device memory") @MainActor struct MemoryTests {
  private static let sizes = [
    0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 31, 32, 33, 64, 127, 128, 129, 255, 256, 1000, 1023, 1025,
    4099,
  ]

  @Test(arguments: TestDevice.all, [0, 1, 2, 3, 4, 12, 64, 1023, 1024, 2048])
  func `bytes come back as they went and nothing else changes`(
    _ device: TestDevice, _ offset: Int
  ) throws {
    let backend = try device.open()
    for size in Self.sizes {
      var generator = SeededGenerator("bytes \(size) at \(offset)")
      let buffer = try backend.allocate(byteCount: 8192)
      let background = (0..<8192).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      try backend.upload(background, to: BufferView(buffer))
      let bytes = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let view = BufferView(buffer, byteOffset: offset, byteCount: size)
      try backend.upload(bytes, to: view)
      #expect(try download(view, count: size, from: backend) == bytes)
      var expected = background
      expected.replaceSubrange(offset..<(offset + size), with: bytes)
      #expect(try download(BufferView(buffer), count: 8192, from: backend) == expected, "\(size)")
    }
  }

  @Test(arguments: TestDevice.all, [0, 1, 5, 1024, 70_001])
  func `new memory is zero and at least as large as asked for`(
    _ device: TestDevice, _ size: Int
  ) throws {
    let backend = try device.open()
    let buffer = try backend.allocate(byteCount: size)
    #expect(buffer.byteCount >= size)
    #expect(try download(BufferView(buffer), count: size, from: backend).allSatisfy { $0 == 0 })
  }

  @Test(arguments: TestDevice.all)
  func `an upload larger than the rest of a view is never written past it`(
    _ device: TestDevice
  ) throws {
    let backend = try device.open()
    let buffer = try backend.allocate(byteCount: 4096)
    let view = BufferView(buffer, byteOffset: 1024, byteCount: 12)
    try backend.upload(reals: [1, 2, 3] as [Float], to: view)
    #expect(try backend.downloadFloats(view, count: 3) == [1, 2, 3])
    let rest = BufferView(buffer, byteOffset: 1036)
    #expect(
      try download(rest, count: rest.byteCount, from: backend).prefix(100).allSatisfy { $0 == 0 })
  }

  @Test(arguments: TestDevice.all, [1 << 50, 1 << 60])
  func `memory that no device has is an error and the device goes on working`(
    _ device: TestDevice, _ size: Int
  ) throws {
    let backend = try device.open()
    let error = #expect(throws: ComputeError.self) { try backend.allocate(byteCount: size) }
    #expect(error?.code == .outOfMemory || error?.code == .deviceFailed)
    let buffer = try backend.allocate(byteCount: 16)
    try backend.upload([7, 8, 9] as [UInt8], to: BufferView(buffer))
    #expect(try download(BufferView(buffer), count: 1, from: backend) == [7])
  }

  @Test(arguments: TestDevice.all)
  func `an unknown kernel is an error`(_ device: TestDevice) throws {
    let backend = try device.open()
    let launch = Command.kernel(KernelLaunch("no_such_kernel", [], .items(1)))
    let error = #expect(throws: ComputeError.self) { _ = try backend.prepare([launch]) }
    #expect(error?.description.contains("no_such_kernel") == true)
  }

  private func download(
    _ view: BufferView, count: Int, from backend: any Backend
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xA5, count: count)
    try bytes.withUnsafeMutableBytes { try backend.download(view, into: $0) }
    return bytes
  }
}
