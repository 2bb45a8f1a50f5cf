import Compute
import Graph
import TestSupport
import Testing

/// The doubly reparameterised gradient of importance-weighted bounds, of a model with p(x|z) = N(x; z, 1/4).
@Suite("Doubly reparameterised gradients") @MainActor struct DoublyReparameterisedTests {
  private let rows = 5
  private let latents = 3
  private let samples = 6
  private let logSigma = Reference.log(0.5)

  private func gradient(
    _ posterior: [Double], _ x: [Double], groups: Int, isDouble: Bool, seed: UInt64,
    on backend: any Backend
  ) throws -> [Double] {
    let recording = Recording()
    let graph = recording.graph
    let input = recording.input(posterior, [rows, 2 * latents])
    let order = recording.input((0..<rows).map(Double.init), [rows], .uint32)
    let (z, ratio) = graph.posteriorDraws(
      input, samples: samples, order: order, state: recording.state(seed: seed),
      purpose: .trainingNoise, doublyReparameterised: isDouble ? groups : nil)
    let likelihood = graph.gaussianLogLikelihood(
      mean: z, x: recording.input(x, [rows, latents]),
      logSigma: graph.constant([logSigma], shape: [1]))
    let loss = graph.importanceBound(
      logLikelihood: likelihood, logRatio: ratio,
      scalars: recording.input([0, 1, 0, 0], [4]), draws: samples / groups)
    let seed = graph.constant([1, 0, 0], shape: [3])
    let gradients = graph.gradients(of: loss, seed: seed, withRespectTo: [input])
    return try recording.run(gradients.compactMap { $0 }, on: backend)[0]
  }

  private func inputs() -> (posterior: [Double], x: [Double]) {
    var generator = SeededGenerator("doubly reparameterised")
    return (
      (0..<(rows * 2 * latents)).map { _ in Double(Float(generator.real(-1, 1))) },
      (0..<(rows * latents)).map { _ in Double(Float(generator.real(-1, 1))) }
    )
  }

  @Test(arguments: TestDevice.all)
  func `they are the squared weights times the derivative along the path`(
    _ device: TestDevice
  ) throws {
    let (posterior, x) = inputs()
    for groups in [1, 2, 3] {
      let found = try gradient(
        posterior, x, groups: groups, isDouble: true, seed: 9, on: try device.open())
      let noise = ReferencePhilox(
        seedLow: 9, seedHigh: 0, purpose: Philox.Purpose.trainingNoise.rawValue, step: 0)
      var expected = [Double](repeating: 0, count: posterior.count)
      let draws = samples / groups
      for row in 0..<rows {
        let mean = { (j: Int) in posterior[row * 2 * latents + j] }
        let deviation = { (j: Int) in Reference.exp(posterior[row * 2 * latents + latents + j] / 2)
        }
        let eps = { (s: Int, j: Int) in noise.normal(s * latents + j, sample: row) }
        let z = { (s: Int, j: Int) in mean(j) + deviation(j) * eps(s, j) }
        let weights = (0..<samples).map { s in
          (0..<latents).reduce(1) { product, j in
            let distance = x[row * latents + j] - z(s, j)
            let ratio = -z(s, j) * z(s, j) / 2 + eps(s, j) * eps(s, j) / 2
            return product * Reference.exp(-2 * distance * distance + ratio) * deviation(j)
          }
        }
        for s in 0..<samples {
          let group = (s / draws * draws)..<(s / draws * draws + draws)
          let share = weights[s] / weights[group].reduce(0, +)
          for j in 0..<latents {
            // d ln w / dz with the parameters of q held.
            let path = 4 * (x[row * latents + j] - z(s, j)) - z(s, j) + eps(s, j) / deviation(j)
            let part = -share * share * path / Double(rows * groups)
            expected[row * 2 * latents + j] += part
            expected[row * 2 * latents + latents + j] += part * eps(s, j) * deviation(j) / 2
          }
        }
      }
      expectClose(found, expected, absolute: 2e-6, relative: 1e-5, "\(groups) groups")
    }
  }

  @Test func `their mean is that of the derivative, and their noise is less`() throws {
    let (posterior, x) = inputs()
    func moments(_ isDouble: Bool) throws -> (means: [Double], variances: [Double]) {
      let all = try (0..<1500).map {
        try gradient(
          posterior, x, groups: 1, isDouble: isDouble, seed: $0, on: TestDevice.reference)
      }
      return posterior.indices.reduce(into: ([], [])) { moments, i in
        let mean = all.reduce(0) { $0 + $1[i] } / Double(all.count)
        moments.0.append(mean)
        moments.1.append(
          all.reduce(0) { $0 + ($1[i] - mean) * ($1[i] - mean) } / Double(all.count - 1))
      }
    }
    let (standard, double) = (try moments(false), try moments(true))
    for i in posterior.indices {
      let error = ((standard.variances[i] + double.variances[i]) / 1500).squareRoot()
      #expect(abs(standard.means[i] - double.means[i]) < 5 * error, "parameter \(i)")
    }
    let ratio = zip(double.variances, standard.variances).reduce(0) { $0 + $1.0 / $1.1 }
    #expect(ratio / Double(posterior.count) < 0.9, "\(ratio / Double(posterior.count))")
  }
}
