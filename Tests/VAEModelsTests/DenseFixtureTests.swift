import FileFormats
import Foundation
import Testing
import VAEModels

/// The nested loops that the engine is held against, themselves held against PyTorch in float64.
struct DenseFixtureTests {
  private struct Fixture: Decodable {
    struct Step: Decodable {
      let loss: Double
      let logLikelihood: Double
      let kl: Double
    }
    struct Training: Decodable {
      let seed: UInt64
      let beta: Double
    }
    let training: Training
    let steps: [Step]
  }

  static let cases: [(String, ModelConfiguration)] = {
    let image = ImageShape(height: 6, width: 6)
    return [
      ("tiny-bernoulli", ModelConfiguration(image: image, hidden: [16, 12], latent: 5)),
      (
        "tiny-gaussian",
        ModelConfiguration(
          image: image, hidden: [16, 12], latent: 5, activation: .tanh, likelihood: "gaussian")
      ),
      (
        "tiny-gaussian-fixed",
        ModelConfiguration(
          image: image, hidden: [], latent: 5, likelihood: "gaussian", sigma: .fixed(0.5))
      ),
    ]
  }()

  @Test("They give PyTorch's loss of the first step to 1e-13", arguments: cases.indices)
  func loss(index: Int) throws {
    let (name, configuration) = Self.cases[index]
    let directory = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: directory.appendingPathComponent("\(name).json")))
    let file = try SafeTensors.read(directory.appendingPathComponent("\(name).safetensors").path)
    let reference = ModelBench(configuration, seed: fixture.training.seed).reference
    let x = try rows(file, "step0.x", columns: 36)
    let posterior = reference.posterior(x)
    let z = reference.sample(posterior, try rows(file, "step0.eps", columns: 5))
    let kl = reference.kl(posterior).reduce(0, +) / Double(x.count)
    let logLikelihood = reference.logLikelihood(z, x).reduce(0, +) / Double(x.count)
    let expected = fixture.steps[0]
    #expect(relativeError([kl], [expected.kl]) < 1e-13)
    #expect(relativeError([logLikelihood], [expected.logLikelihood]) < 1e-13)
    #expect(relativeError([fixture.training.beta * kl - logLikelihood], [expected.loss]) < 1e-13)
  }

  private func rows(_ file: SafeTensors, _ name: String, columns: Int) throws -> [[Double]] {
    let values = try file.floats(named: name).map(Double.init)
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<($0 + columns)]) }
  }
}
