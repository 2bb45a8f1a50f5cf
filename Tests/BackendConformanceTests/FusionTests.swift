import Compute
import Graph
import TestSupport
import Testing

/// Fusion changes how many launches there are and not a bit of what they leave behind.
@Suite("Fused training steps") @MainActor struct FusionTests {
  @Test(arguments: TrainingPass.Case.all, TestDevice.all)
  func `a fused step leaves the bits of the recorded operations`(
    _ pass: TrainingPass.Case, _ device: TestDevice
  ) throws {
    let step = TrainingPass(pass)
    let fused = try step.run(on: try device.open(), fuses: true)
    let unfused = try step.run(on: try device.open(), fuses: false)
    expectSameBits(fused.values, unfused.values)
    if device.isExact {
      let expected = try step.run(on: try TestDevice.cpu[0].open(), fuses: false)
      expectSameBits(fused.values, expected.values)
    }
    let history = fused.values[0]
    #expect(history.allSatisfy(\.isFinite) && history[0] != history[4])
  }

  @Test(arguments: TrainingPass.Case.all, TestDevice.allOpenCL)
  func `with CLBlast's products too, whose epilogues join other launches`(
    _ pass: TrainingPass.Case, _ device: TestDevice
  ) throws {
    let step = TrainingPass(pass)
    let backend = try GemmCase(variant: .clblast).open(on: device)
    let fused = try step.run(on: backend, fuses: true)
    let unfused = try step.run(on: backend, fuses: false)
    expectSameBits(fused.values, unfused.values)
    // Two biases, the likelihood, the posterior, the end; the gradients of two activations, each with a bias gradient.
    let saved = pass.activation == .identity ? 5 : 7
    #expect(unfused.launches - fused.launches == saved)
  }

  @Test(arguments: TrainingPass.Case.all)
  func `on the float64 reference too, in fewer launches`(_ pass: TrainingPass.Case) throws {
    let step = TrainingPass(pass)
    let fused = try step.run(on: TestDevice.reference, fuses: true)
    let unfused = try step.run(on: TestDevice.reference, fuses: false)
    expectSameBits(fused.values, unfused.values)
    // Four layers, four bias gradients, the likelihood, the posterior, the end; the gradients of two activations.
    let saved = pass.activation == .identity ? 11 : 13
    #expect(unfused.launches - fused.launches == saved)
  }

  private func expectSameBits(
    _ values: [[Double]], _ expected: [[Double]], _ location: SourceLocation = #_sourceLocation
  ) {
    let names = ["history", "guard", "gradients", "parameters", "first", "second moments"]
    for (name, pair) in zip(names, zip(bits(values), bits(expected))) {
      let areEqual = pair.0 == pair.1
      #expect(areEqual, "\(name), seed \(testSeed)", sourceLocation: location)
    }
  }
}
