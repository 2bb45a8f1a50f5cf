import Foundation
import Testing
import Training
import VAEGPU

/// Ten Adam steps of small models against PyTorch in float64 (Tests/Fixtures/make_fixtures.py), number by number.
@MainActor struct PyTorchTests {
  nonisolated static let names = ["tiny-bernoulli", "tiny-gaussian", "tiny-gaussian-fixed"]

  @Test("The fixtures and the tests make the same images", arguments: names + ["mlp300g"])
  func images(name: String) throws {
    let fixture = try TrainingFixture.load(name)
    let pixels = fixture.dataset.train.pixels
    #expect(pixels.reduce(0) { $0 + Int($1) } == fixture.data.pixelSum)
    #expect(pixels.count { $0 != 0 } == fixture.data.nonzeroPixels)
    if name != "mlp300g" {
      #expect(try fixture.tensors().bytes(named: "pixels") == pixels)
    }
  }

  @Test("The first parameters are the fixture's to the bit", arguments: names, TestDevice.all)
  func initialParameters(name: String, device: TestDevice) throws {
    let fixture = try TrainingFixture.load(name)
    let trainer = try trainer(fixture, device.open())
    let tensors = try fixture.tensors()
    #expect(trainer.vae.layout.parameters.map(\.name) == fixture.parameters.map(\.name))
    for (name, shape, values) in try trainer.vae.namedWeights() {
      #expect(try values == tensors.floats(named: "initial.\(name)", shape: shape), "\(name)")
    }
  }

  @Test("Batches, inputs and noise of a step are the fixture's", arguments: names, TestDevice.all)
  func inputs(name: String, device: TestDevice) throws {
    let fixture = try TrainingFixture.load(name)
    let trainer = try trainer(fixture, device.open())
    let tensors = try fixture.tensors()
    #expect(tensors.shape(of: "step0.x") != nil)
    try trainer.lines { line in
      let index = line.step - 1
      let expected = fixture.steps[index]
      #expect(line.epoch == expected.epoch + 1)
      #expect(try trainer.batch(rows: expected.batch.count) == expected.batch)
      guard tensors.shape(of: "step\(index).x") != nil else { return }
      let (x, noise) = try trainer.inputs(rows: expected.batch.count)
      #expect(try x == tensors.doubles(named: "step\(index).x"))
      #expect(try relativeError(noise, tensors.doubles(named: "step\(index).eps")) < 5e-7)
    }
  }

  @Test(
    "Losses, gradients and final parameters of ten steps are PyTorch's", arguments: names,
    TestDevice.all)
  func training(name: String, device: TestDevice) throws {
    let found = try deviation(name, device.open())
    print("PyTorch, \(name), \(device.testDescription): \(found)")
    #expect(found.loss.value < 2e-6)
    #expect(found.logLikelihood.value < 2e-6)
    #expect(found.kl.value < 1e-5)
    #expect(found.gradient.value < 5e-6)
    #expect(found.final.value < 5e-6)
  }

  /// The fixture's inputs are rounded to float32 (noise and pixels / 255), the reference computes them in float64: half
  /// a unit in the last place of float32, 6e-8, is all that may be between the two.
  @Test("The float64 reference is PyTorch's up to the rounding of its inputs", arguments: names)
  func reference(name: String) throws {
    let found = try deviation(name, TestDevice.reference)
    print("PyTorch, \(name), float64 reference: \(found)")
    #expect(found.loss.value < 6e-8)
    #expect(found.logLikelihood.value < 6e-8)
    #expect(found.kl.value < 6e-8)
    #expect(found.gradient.value < 3e-7)
    #expect(found.final.value < 3e-7)
  }

  private func trainer(_ fixture: TrainingFixture, _ device: Device) throws -> Trainer {
    try Trainer(fixture.configuration, data: fixture.dataset, device: device)
  }

  private func deviation(_ name: String, _ device: Device) throws -> Deviation {
    let fixture = try TrainingFixture.load(name)
    let trainer = try trainer(fixture, device)
    let tensors = try fixture.tensors()
    var found = Deviation()
    let lines = try trainer.lines { line in
      let index = line.step - 1
      found.add(line, fixture.steps[index])
      for (parameter, gradient) in zip(trainer.vae.layout.parameters, try trainer.gradients()) {
        let all = try tensors.doubles(named: "gradient.\(parameter.name)")
        let expected = Array(all[(index * parameter.count)..<((index + 1) * parameter.count)])
        found.gradient.add(relativeError(gradient, expected))
      }
    }
    #expect(lines.count == fixture.steps.count)
    for (parameter, values) in zip(trainer.vae.layout.parameters, try trainer.parameters()) {
      let expected = try tensors.doubles(named: "final.\(parameter.name)")
      found.final.add(relativeError(values, expected))
    }
    return found
  }
}

/// The largest deviations from a fixture. Gradients and parameters: relative to the largest value of their tensor.
struct Deviation: CustomStringConvertible {
  var loss = Worst()
  var logLikelihood = Worst()
  var kl = Worst()
  var gradient = Worst()
  var final = Worst()

  mutating func add(_ line: MetricsLine, _ step: TrainingFixture.Step) {
    loss.add(relativeError(line.loss ?? .nan, step.loss))
    logLikelihood.add(relativeError(line.logLikelihood, step.logLikelihood))
    kl.add(relativeError(line.kl, step.kl))
  }

  var description: String {
    "loss \(loss.text), log-likelihood \(logLikelihood.text), KL \(kl.text), "
      + "gradients \(gradient.text), final parameters \(final.text)"
  }
}
