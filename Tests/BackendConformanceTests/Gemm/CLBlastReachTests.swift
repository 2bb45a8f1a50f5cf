import Compute
import OpenCLBackend
import Testing

/// CLBlast counts elements of a buffer in an `int`.
@Suite("Reach of CLBlast") struct CLBlastReachTests {
  private final class LargeBuffer: DeviceBuffer {
    let byteCount = 1 << 34
  }

  /// A product whose first operand ends at an element of a large buffer.
  private func product(endingAt element: Int) -> MatrixMultiply {
    let buffer = LargeBuffer()
    func view(endingAt element: Int) -> BufferView {
      BufferView(buffer, byteOffset: 4 * (element - 1024), byteCount: 4 * 1024)
    }
    return MatrixMultiply(
      m: 32, n: 32, k: 32, transposeA: false, transposeB: false, a: view(endingAt: element),
      b: view(endingAt: 2048), c: view(endingAt: 1024))
  }

  @Test func `a matrix behind 2^31 elements is for the engine's own kernels`() {
    let far = 1 << 31
    let shape = GemmShape(product(endingAt: far))
    for vector in [nil, 8, 16] {
      let guesses = GemmChoice.untuned.variants(
        for: shape,
        target: GemmTarget(
          platform: "", type: vector == nil ? .gpu : .cpu, vectorWidth: vector ?? 8))
      #expect(guesses.contains { $0.reaches(product(endingAt: far)) }, "\(guesses)")
    }
    #expect(!GemmVariant.clblast.reaches(product(endingAt: far)))
    #expect(GemmVariant.clblast.reaches(product(endingAt: far - 1)))
  }

  @Test(arguments: TestDevice.allOpenCL) @MainActor
  func `CLBlast alone refuses it instead of reading elsewhere`(_ device: TestDevice) throws {
    let backend = try OpenCLBackend(
      try #require(device.openCLDevice), cache: ProgramCache(directory: nil),
      gemm: .clblast(.stock))
    let error = #expect(throws: ComputeError.self) {
      try backend.prepare([.multiply(product(endingAt: 1 << 31))])
    }
    #expect(error?.code == .unsupported && error?.detail.contains("2^31") == true)
  }
}
