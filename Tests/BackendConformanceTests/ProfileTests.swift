import CPUBackend
import Compute
import Graph
import OpenCLBackend
import Testing

/// Times of single launches: how many there are and what they leave behind, never how long they took.
@Suite("Profiles") @MainActor struct ProfileTests {
  @Test(arguments: TestDevice.cpu)
  func `the CPU backend times every launch of a run`(_ device: TestDevice) throws {
    try expectProfile(on: device.open())
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a device opened for profiling times every launch of a run`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    try expectProfile(
      on: OpenCLBackend(openCL, cache: ProgramCache(directory: nil), profiling: true))
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a device opened for training has no profile`(_ device: TestDevice) throws {
    let recording = Recording()
    let sum = recording.graph.duplicate(recording.input([1], [1]))
    let program = try recording.program([sum], on: device.open())
    #expect { try program.profile() } throws: { error in
      (error as? ComputeError)?.code == .unsupported
    }
  }

  private func expectProfile(on backend: any Backend) throws {
    let recording = Recording()
    let a = recording.input([1, 2, 3, 4, 5, 6], [2, 3])
    let product = recording.graph.multiply(a, a, transposeB: true)
    let copy = recording.graph.duplicate(product)
    let sum = recording.graph.add(copy, product)
    let program = try recording.program([sum], on: backend)
    for _ in 0..<3 {
      let times = try program.profile()
      #expect(times.count == 3)
      #expect(times.allSatisfy { $0.seconds >= 0 && $0.seconds < 600 }, "\(times)")
      #expect(times[0].gap == 0 && times.allSatisfy { $0.gap >= 0 && $0.gap < 600 }, "\(times)")
      #expect(times.allSatisfy { ($0.queued ?? 0) >= 0 && ($0.queued ?? 0) < 600 }, "\(times)")
      #expect((times[1].queued == nil) == (backend is CPUBackend), "\(times)")
    }
    #expect(try program.readDoubles(sum) == [28, 64, 64, 154])
  }
}
