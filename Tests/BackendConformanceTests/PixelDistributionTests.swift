import Compute
import Graph
import TestSupport
import Testing

/// What makes a likelihood one: its density sums to one, its mean and draws are of that density, and PyTorch agrees. Many
/// points, so not under Oclgrind, which runs the same kernels by the table of operations.
@Suite("Distributions of pixels", .enabled(if: !TestSizes.isSmall)) @MainActor
struct PixelDistributionTests {
  /// A distribution with numbers from the decoder and ln scale, and the values that a pixel may have.
  struct Case: Sendable, CustomTestStringConvertible {
    let kernel: String
    var heads: [Double]
    var logScale: Double?
    let support: Support

    enum Support: Sendable {
      /// The levels k / (count - 1).
      case levels(Int)
      /// An interval of the real line outside which there is less than 1e-9.
      case interval(Double, Double)
    }

    var distribution: PixelDistribution {
      PixelDistribution(
        kernel, kernel, heads: heads.count, scale: logScale == nil ? .none : .shared)
    }
    var testDescription: String { "\(kernel) \(heads) \(logScale.map { "\($0)" } ?? "")" }

    static let all: [Case] =
      [-3, 0, 0.25].map { Case(kernel: "bernoulli", heads: [$0], support: .levels(2)) }
      + [-30, -0.5, 0, 0.001, 2].map {
        Case(kernel: "continuous_bernoulli", heads: [$0], support: .interval(0, 1))
      }
      + [-2.5, 0.5].map {
        Case(kernel: "gaussian", heads: [0.5], logScale: $0, support: .interval(-12, 13))
      }
      + [(-2.5, 3), (0, 24)].map {
        Case(
          kernel: "laplace", heads: [0.5], logScale: $0.0,
          support: .interval(0.5 - $0.1, 0.5 + $0.1))
      }
      + [(0.5, -4), (0.02, -2), (1.2, 0)].map {
        Case(kernel: "logistic", heads: [$0.0], logScale: $0.1, support: .levels(256))
      } + [
        Case(kernel: "categorical", heads: [0.3, -1], support: .levels(2)),
        Case(kernel: "categorical", heads: [2, 0, -1, 1, 0.5], support: .levels(5)),
        Case(
          kernel: "logistic_mixture", heads: [0.5, -1, 0, 0.1, 0.5, 0.9, -4, -3, -1],
          support: .levels(256)),
      ]
  }

  private nonisolated static let cases = Case.all.filter { TestNames.isSelected($0.kernel) }

  @Test(arguments: cases, TestDevice.all)
  func `a density sums to one, and the mean is its own`(_ pixel: Case, _ device: TestDevice) throws
  {
    let (x, weights) = Self.quadrature(pixel.support)
    let recording = Recording()
    let (heads, scale) = Self.parameters(pixel, rows: x.count, recording)
    let values = recording.input(x.map { Double(Float($0)) }, [x.count, 1])
    let density = recording.graph.logLikelihood(
      pixel.distribution, heads: heads, x: values, scale: scale)
    let mean = recording.graph.mean(of: pixel.distribution, heads: heads, scale: scale)
    let results = try recording.run([density, mean], on: try device.open())
    let mass = zip(results[0], weights).map { Reference.exp($0) * $1 }
    #expect(abs(mass.reduce(0, +) - 1) < 2e-5)
    let expected = zip(mass, x).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(results[1][0] - expected) < 2e-5, "\(results[1][0]) for \(expected)")
  }

  @Test(arguments: cases, TestDevice.all)
  func `draws have the moments of the density`(_ pixel: Case, _ device: TestDevice) throws {
    let count = 20_000
    let recording = Recording()
    let (heads, scale) = Self.parameters(pixel, rows: count, recording)
    let draw = recording.graph.draw(
      from: pixel.distribution, heads: heads, state: recording.state(seed: 3),
      purpose: .priorSample, scale: scale)
    let (x, weights) = Self.quadrature(pixel.support)
    let (points, pointScale) = Self.parameters(pixel, rows: x.count, recording)
    let density = recording.graph.logLikelihood(
      pixel.distribution, heads: points, x: recording.input(x, [x.count, 1]), scale: pointScale)
    let results = try recording.run([draw, density], on: try device.open())
    let mass = zip(results[1], weights).map { Reference.exp($0) * $1 }
    func moment(_ power: Int) -> Double {
      zip(mass, x).reduce(0) { $0 + $1.0 * Self.power($1.1, power) }
    }
    for order in 1...2 {
      let found = results[0].reduce(0) { $0 + Self.power($1, order) } / Double(count)
      let variance = moment(2 * order) - moment(order) * moment(order)
      let error = (max(variance, 0) / Double(count)).squareRoot()
      #expect(abs(found - moment(order)) < 5 * error + 1e-6, "moment \(order)")
    }
  }

  @Test(arguments: cases, TestDevice.all)
  func `a NaN from the decoder shows in mean and draw`(_ pixel: Case, _ device: TestDevice) throws {
    let recording = Recording()
    var broken = pixel
    broken.heads[0] = .nan
    let (heads, scale) = Self.parameters(broken, rows: 2, recording)
    let mean = recording.graph.mean(of: pixel.distribution, heads: heads, scale: scale)
    let draw = recording.graph.draw(
      from: pixel.distribution, heads: heads, state: recording.state(), purpose: .priorSample,
      scale: scale)
    let results = try recording.run([mean, draw], on: try device.open())
    let isVisible = results.joined().allSatisfy { $0.isNaN }
    #expect(isVisible)
  }

  private struct Row: Decodable {
    let name: String
    let heads, dHeads: [Double]
    let logScale, dLogScale: Double?
    let x, logProbability: Double
  }

  private struct File: Decodable { let pixels: [Row] }

  @Test(arguments: TestDevice.all)
  func `log-densities and derivatives equal those of PyTorch`(_ device: TestDevice) throws {
    let rows = try Fixture.load("densities.json", as: File.self).pixels
      .filter { TestNames.isSelected($0.name) }
    let recording = Recording()
    let outputs = rows.map { row in
      let pixel = Case(
        kernel: row.name, heads: row.heads, logScale: row.logScale, support: .levels(2))
      let (heads, scale) = Self.parameters(pixel, rows: 1, recording)
      let density = recording.graph.logLikelihood(
        pixel.distribution, heads: heads, x: recording.input([row.x], [1, 1]), scale: scale)
      return [density] + recording.gradients(of: density, [heads] + (scale.map { [$0] } ?? []))
    }
    let results = try recording.run(outputs.flatMap { $0 }, on: try device.open())
    var next = 0
    for (row, tensors) in zip(rows, outputs) {
      let found = results[next..<(next + tensors.count)].flatMap { $0 }
      next += tensors.count
      let expected = [row.logProbability] + row.dHeads + (row.dLogScale.map { [$0] } ?? [])
      expectClose(
        found, expected, absolute: 1e-5, relative: 1e-5,
        "\(row.name) \(row.heads) \(row.logScale ?? 0) at \(row.x)")
    }
  }

  /// Heads with the same numbers in every row, and ln scale.
  private static func parameters(
    _ pixel: Case, rows: Int, _ recording: Recording
  ) -> (heads: Tensor, scale: Tensor?) {
    let heads = recording.input(
      (0..<rows).flatMap { _ in pixel.heads }, [rows, pixel.heads.count])
    return (heads, pixel.logScale.map { recording.input([$0], [1]) })
  }

  /// Points and weights of a sum over the levels, or of the midpoint rule.
  private static func quadrature(_ support: Case.Support) -> (x: [Double], weights: [Double]) {
    switch support {
    case .levels(let count):
      return ((0..<count).map { Double($0) / Double(count - 1) }, Array(repeating: 1, count: count))
    case .interval(let low, let high):
      let count = 20_000
      let width = (high - low) / Double(count)
      return (
        (0..<count).map { low + (Double($0) + 0.5) * width }, Array(repeating: width, count: count)
      )
    }
  }

  private static func power(_ x: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * x }
  }
}
