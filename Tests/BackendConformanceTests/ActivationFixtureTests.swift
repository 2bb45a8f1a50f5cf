import Compute
import Graph
import Testing

@Suite("Activations of PyTorch") @MainActor struct ActivationFixtureTests {
  private struct File: Decodable {
    struct Function: Decodable {
      let value: [Double]
      let derivative: [Double]
    }
    let x: [Double]
    let activations: [String: Function]
  }

  @Test(arguments: TestDevice.all)
  func `activations and derivatives equal those of PyTorch`(_ device: TestDevice) throws {
    try check(on: try device.open(), absolute: 1e-6, relative: 2e-6)
  }

  @Test func `the float64 reference equals PyTorch to its rounding`() throws {
    try check(on: TestDevice.reference, absolute: 1e-13, relative: 1e-12)
  }

  private func check(on backend: any Backend, absolute: Double, relative: Double) throws {
    let file = try Fixture.load("activations.json", as: File.self)
    for activation in Activation.allCases where activation != .identity {
      let expected = try #require(file.activations[activation.rawValue])
      let recording = Recording()
      let x = recording.input(file.x, [1, file.x.count])
      let bias = recording.input([Double](repeating: 0, count: file.x.count), [file.x.count])
      let y = recording.graph.biasActivation(x, bias, activation)
      let results = try recording.run([y] + recording.gradients(of: y, [x]), on: backend)
      expectClose(
        results[0], expected.value, absolute: absolute, relative: relative,
        activation.rawValue)
      expectClose(
        results[1], expected.derivative, absolute: absolute, relative: relative,
        "derivative of \(activation.rawValue)")
    }
  }
}
