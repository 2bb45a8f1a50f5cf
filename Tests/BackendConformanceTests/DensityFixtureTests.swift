import Compute
import Graph
import TestSupport
import Testing

@Suite("Densities of PyTorch") @MainActor struct DensityFixtureTests {
  private struct File: Decodable {
    struct Bernoulli: Decodable {
      let logit, x, logProbability, dLogit: Double
    }
    struct Normal: Decodable {
      let x, mean, logVariance, logProbability, dMean, dLogVariance: Double
    }
    struct Divergence: Decodable {
      let mean, logVariance, kl, dMean, dLogVariance: Double
    }
    let bernoulli: [Bernoulli]
    let normal: [Normal]
    let klToStandardNormal: [Divergence]
  }

  @Test(arguments: TestDevice.all)
  func `Bernoulli log-densities equal those of PyTorch`(_ device: TestDevice) throws {
    let rows = try Fixture.load("densities.json", as: File.self).bernoulli
    let recording = Recording()
    let logits = recording.input(rows.map(\.logit), [rows.count, 1])
    let x = recording.input(rows.map(\.x), [rows.count, 1])
    let density = recording.graph.bernoulliLogLikelihood(logits: logits, x: x)
    let results = try recording.run(
      [density] + recording.gradients(of: density, [logits]), on: try device.open())
    expectClose(results[0], rows.map(\.logProbability), "log-density")
    expectClose(results[1], rows.map(\.dLogit), "derivative by the logit")
  }

  @Test(arguments: TestDevice.all)
  func `Gaussian log-densities equal those of PyTorch`(_ device: TestDevice) throws {
    let rows = try Fixture.load("densities.json", as: File.self).normal
    let recording = Recording()
    // ln sigma is one value of a whole operation, so each row of the fixture is one.
    let outputs = rows.flatMap { row in
      let mean = recording.input([row.mean], [1, 1])
      let x = recording.input([row.x], [1, 1])
      let logSigma = recording.input([row.logVariance / 2], [1])
      let density = recording.graph.gaussianLogLikelihood(mean: mean, x: x, logSigma: logSigma)
      return [density] + recording.gradients(of: density, [mean, logSigma])
    }
    let results = try recording.run(outputs, on: try device.open())
    let columns = (0..<3).map { column in rows.indices.map { results[3 * $0 + column][0] } }
    expectClose(columns[0], rows.map(\.logProbability), "log-density")
    expectClose(columns[1], rows.map(\.dMean), "derivative by the mean")
    expectClose(columns[2].map { $0 / 2 }, rows.map(\.dLogVariance), "derivative by ln sigma^2")
  }

  @Test(arguments: TestDevice.all)
  func `divergences from the standard normal equal those of PyTorch`(_ device: TestDevice) throws {
    // The fixture knows no clamp.
    let rows = try Fixture.load("densities.json", as: File.self).klToStandardNormal
      .filter { (-30...20).contains($0.logVariance) }
    #expect(rows.count > 20)
    let recording = Recording()
    let posterior = recording.input(
      rows.flatMap { [$0.mean, $0.logVariance] }, [rows.count, 2])
    let order = recording.input(rows.indices.map { Double($0) }, [rows.count], .uint32)
    let (_, kl) = recording.graph.reparameterise(
      posterior, order: order, state: recording.state(), purpose: .trainingNoise)
    let results = try recording.run(
      [kl] + recording.gradients(of: kl, [posterior]), on: try device.open())
    expectClose(results[0], rows.map(\.kl), "divergence")
    expectClose(
      results[1], rows.flatMap { [$0.dMean, $0.dLogVariance] }, "derivatives of the divergence")
  }
}
