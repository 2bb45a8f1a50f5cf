import Compute
import OpenCLBackend
import Testing

/// The choice among the variants of matrix products.
@Suite("Tuner of matrix products", .enabled(if: !TestSizes.isSmall)) @MainActor
struct GemmTunerTests {
  @Test(arguments: TestDevice.allOpenCL)
  func `a variant with other last bits wins only where these are asked for`(
    _ device: TestDevice
  ) throws {
    let openCL = try #require(device.openCLDevice)
    let inOrder = GemmVariant.tiled(m: 16, n: 16, k: 8, rows: 4, columns: 4, split: 1)
    let parted = GemmVariant.tiled(m: 16, n: 16, k: 32, rows: 4, columns: 4, split: 4)
    let shape = GemmShape(m: 33, n: 31, k: 300, transposeA: false, transposeB: false)
    let tuner = try GemmTuner(
      openCL, reference: try TestDevice.cpu[0].open(), secondsPerTrial: 0.001)
    let trials = try tuner.tune(shape, candidates: [parted, inOrder])
    #expect(trials.map(\.variant) == [inOrder, parted])
    #expect(trials.map(\.refusal) == [nil, "other last bits"])
    let free = try tuner.tune(shape, candidates: [parted, inOrder], anyOrder: true)
    #expect(free.allSatisfy { $0.refusal == nil && $0.gflops != nil })
    // Alone it is the only one there is.
    #expect(try tuner.tune(shape, candidates: [parted]).first?.refusal == nil)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a variant that is compiled too slowly is refused, and not tried on the next shape`(
    _ device: TestDevice
  ) throws {
    let openCL = try #require(device.openCLDevice)
    let slow = GemmVariant.tiled(m: 16, n: 16, k: 8, rows: 4, columns: 4, split: 1)
    let tuner = try GemmTuner(
      openCL, reference: try TestDevice.cpu[0].open(), secondsPerTrial: 0.001, buildLimit: 0)
    for (size, words) in [(33, "s to compile, more than 0 s"), (34, "not tried, since it took")] {
      let shape = GemmShape(m: size, n: 31, k: 30, transposeA: false, transposeB: false)
      let trials = try tuner.tune(shape, candidates: [slow, .clblast])
      // CLBlast runs what no other kernel runs, however long it is compiled.
      #expect(trials.map(\.variant) == [.clblast, slow])
      #expect(trials[0].gflops != nil && trials[0].refusal == nil)
      #expect(trials[1].gflops == nil && trials[1].refusal?.contains(words) == true)
    }
  }
}
