import Testing
import Training
import VAEGPU

/// Ten Adam steps of 784-pixel models against PyTorch in float64: losses, norms and samples of the gradients.
@MainActor struct LargeFixtureTests {
  nonisolated static let devices = [TestDevice.cpu[1]] + TestDevice.openCL

  @Test(
    "Losses, gradient norms and sampled gradients are PyTorch's",
    arguments: ["mlp400-bernoulli", "mlp300g"], devices)
  func training(name: String, device: TestDevice) throws {
    let fixture = try TrainingFixture.load(name)
    let tensors = try fixture.tensors()
    let trainer = try Trainer(
      fixture.configuration, data: fixture.dataset, device: try device.open())
    var found = Deviation()
    var norms = Worst()
    try trainer.lines { line in
      let index = line.step - 1
      found.add(line, fixture.steps[index])
      var squares = 0.0
      for (parameter, gradient) in zip(fixture.parameters, try trainer.gradients()) {
        let norm = norm(gradient)
        squares += norm * norm
        norms.add(relativeError(norm, parameter.gradientNorms?[index] ?? .nan))
        let sampled = (parameter.sampledIndices ?? []).map { gradient[$0] }
        let all = try tensors.doubles(named: "gradient.\(parameter.name)")
        let expected = Array(all[(index * sampled.count)..<((index + 1) * sampled.count)])
        let scale = gradient.reduce(0) { max($0, abs($1)) }
        let largest = expected.reduce(0) { max($0, abs($1)) }
        found.gradient.add(relativeError(sampled, expected) * largest / scale)
      }
      #expect(relativeError(line.gradientNorm ?? .nan, squares.squareRoot()) < 1e-6)
    }
    for (parameter, values) in zip(fixture.parameters, try trainer.parameters()) {
      let sampled = (parameter.sampledIndices ?? []).map { values[$0] }
      let expected = try tensors.doubles(named: "final.\(parameter.name)")
      found.final.add(relativeError(sampled, expected))
      #expect(relativeError(norm(values), parameter.finalNorm ?? .nan) < 1e-6)
    }
    print("PyTorch, \(name), \(device.testDescription): \(found), gradient norms \(norms.text)")
    #expect(found.loss.value < 1e-5)
    #expect(found.logLikelihood.value < 1e-5)
    #expect(found.kl.value < 1e-5)
    #expect(found.gradient.value < 1e-4)
    #expect(norms.value < 1e-4)
    #expect(found.final.value < 1e-4)
  }

  private func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
