import Foundation
import Testing
import VAEGPU

/// ln p(x) of models with two latents.
@MainActor struct QuadratureTests {
  private static let images = TestImages.set(.test, count: 5, side: 6)

  @Test("Of a linear Gaussian model it is the closed form", arguments: TestDevice.backends)
  func linear(device: TestDevice) throws {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 6, width: 6), hidden: [], latent: 2, likelihood: "gaussian",
        sigma: .fixed(0.5)),
      device: device.open(), seed: 3)
    let weights = Dictionary(
      uniqueKeysWithValues: try vae.namedWeights().map { ($0.name, $0.values.map(Double.init)) })
    let w = try #require(weights["likelihood.weight"])
    let bias = try #require(weights["likelihood.bias"])
    // M = W'W + sigma^2 I, and x' = W'(x - b).
    var m = [0.25, 0, 0, 0.25]
    for d in 0..<36 {
      for i in 0..<2 { for j in 0..<2 { m[2 * i + j] += w[2 * d + i] * w[2 * d + j] } }
    }
    let determinant = m[0] * m[3] - m[1] * m[2]
    var total = 0.0
    for n in 0..<5 {
      let centred = zip(try Self.images.image(n).map(Double.init), bias).map { $0 - $1 }
      let p = (0..<2).map { i in
        centred.indices.reduce(0.0) { $0 + w[2 * $1 + i] * centred[$1] }
      }
      let inner = (m[3] * p[0] * p[0] - 2 * m[1] * p[0] * p[1] + m[0] * p[1] * p[1]) / determinant
      let squares = centred.reduce(0) { $0 + $1 * $1 }
      // Woodbury: ln |C| = ln |M| + (D - 2) ln sigma^2, x' C^-1 x = (x'x - x'W M^-1 W'x) / sigma^2.
      total -=
        (36 * log(2 * .pi) + log(determinant) + 34 * log(0.25) + (squares - inner) / 0.25) / 2
    }
    let found = try vae.quadrature(Self.images, points: 120)
    #expect(abs(found.logLikelihood - total / 5) < 1e-4)
    #expect(found.error < 1e-3 && found.points == 120 && found.extent >= 6)
  }

  @Test("The IWAE bound rises to it with the number of draws", arguments: TestDevice.backends)
  func bound(device: TestDevice) throws {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 6, width: 6), hidden: [16], latent: 2, activation: .tanh),
      device: device.open(), seed: 3)
    let exact = try vae.quadrature(Self.images, points: 150, seed: 2).logLikelihood
    let bounds = try [1, 50, 5000].map {
      try vae.evaluate(Self.images, samples: $0, seed: 2)
    }
    #expect(bounds[0].elbo < exact)
    #expect(abs(bounds[2].iwae - exact) < 4 * bounds[2].iwaeStandardError + 1e-4)
    #expect(bounds[2].iwaeStandardError < 0.02)
  }

  @Test("It can be stopped, and tells how far it is")
  func stopping() throws {
    let vae = try VAE(
      ModelConfiguration(image: ImageShape(height: 6, width: 6), hidden: [4], latent: 2),
      device: TestDevice.cpu[0].open())
    var parts: [Double] = []
    _ = try vae.quadrature(Self.images, points: 60, progress: { parts.append($0) })
    #expect(parts.count > 5 && parts == parts.sorted() && parts.allSatisfy { (0..<1).contains($0) })
    var calls = 0
    #expect(throws: CancellationError.self) {
      try vae.quadrature(
        Self.images, points: 60,
        stop: {
          calls += 1
          return calls > 3
        })
    }
    #expect(calls == 4)
  }
}
