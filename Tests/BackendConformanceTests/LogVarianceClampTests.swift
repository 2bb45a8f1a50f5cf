import Compute
import Foundation
import Graph
import Testing

/// The log-variance is held to [-30, 20] where it enters an exponential.
@Suite("The clamp of the log-variance") @MainActor struct LogVarianceClampTests {
  private static let logVariances: [Double] = [
    -80, -30.01, -29.99, -12, -1, 0, 1.5, 11, 19.99, 20.01, 45, .infinity, -.infinity,
  ]

  private struct Results {
    let z, kl, dz, dkl: [Double]
  }

  private func run(_ logVariances: [Double], on backend: any Backend) throws -> Results {
    let rows = logVariances.count
    let recording = Recording()
    let posterior = recording.input(logVariances.flatMap { [0.5, $0] }, [rows, 2])
    let order = recording.input((0..<rows).map(Double.init), [rows], .uint32)
    let (z, kl) = recording.graph.reparameterise(
      posterior, order: order, state: recording.state(seed: 5, step: 2),
      purpose: .trainingNoise)
    let gradients =
      recording.gradients(of: z, [posterior]) + recording.gradients(of: kl, [posterior])
    let results = try recording.run([z, kl] + gradients, on: backend)
    return Results(z: results[0], kl: results[1], dz: results[2], dkl: results[3])
  }

  private func noise(_ row: Int) -> Double {
    ReferencePhilox(seedLow: 5, seedHigh: 0, purpose: 3, step: 2).normal(0, sample: row)
  }

  @Test(arguments: TestDevice.all)
  func `values and gradients are right inside and the gradient is 0 outside`(
    _ device: TestDevice
  ) throws {
    let results = try run(Self.logVariances, on: try device.open())
    for (row, logVariance) in Self.logVariances.enumerated() {
      let held: Double = min(max(logVariance, -30), 20)
      let isInside = held == logVariance
      let shift: Double = exp(held / 2) * noise(row)
      let kl: Double = (exp(held) + 0.25 - 1 - held) / 2
      let slopeOfKL: Double = (exp(held) - 1) / 2
      let expected: [Double] = [
        0.5 + shift, kl, 1, isInside ? shift / 2 : 0, 0.5, isInside ? slopeOfKL : 0,
      ]
      let values: [Double] = [
        results.z[row], results.kl[row], results.dz[2 * row], results.dz[2 * row + 1],
        results.dkl[2 * row], results.dkl[2 * row + 1],
      ]
      expectClose(values, expected, absolute: 1e-6, relative: 5e-6, "ln s2 = \(logVariance)")
      if !isInside {
        #expect(results.dz[2 * row + 1] == 0 && results.dkl[2 * row + 1] == 0)
      }
    }
  }

  @Test func `the gradient equals central differences on both sides of the clamp`() throws {
    let step = 1e-4
    let points = Self.logVariances.filter(\.isFinite)
    let exact = try run(points, on: TestDevice.reference)
    let ahead = try run(points.map { $0 + step }, on: TestDevice.reference)
    let behind = try run(points.map { $0 - step }, on: TestDevice.reference)
    for row in points.indices {
      let slopes = [
        (ahead.z[row] - behind.z[row]) / (2 * step), (ahead.kl[row] - behind.kl[row]) / (2 * step),
      ]
      expectClose(
        slopes, [exact.dz[2 * row + 1], exact.dkl[2 * row + 1]], absolute: 1e-9, relative: 1e-6,
        "ln s2 = \(points[row])")
    }
  }

  @Test(arguments: TestDevice.all)
  func `a NaN log-variance stays NaN`(_ device: TestDevice) throws {
    let results = try run([.nan, 0], on: try device.open())
    #expect(results.z[0].isNaN && results.kl[0].isNaN && results.dz[1].isNaN)
    #expect(results.z[1].isFinite && results.kl[1].isFinite)
  }
}
