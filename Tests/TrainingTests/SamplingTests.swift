import Foundation
import TestSupport
import Testing
import VAEGPU

/// Encoding, decoding and sampling of a model.
@MainActor struct SamplingTests {
  @Test("Samples are a function of (seed, row), on every device alike", arguments: TestDevice.all)
  func reproducible(device: TestDevice) throws {
    let vae = try Self.vae(device.open())
    let samples = try vae.sample(count: 9, seed: 4)
    #expect(samples.count == 9 * 30 && samples.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(try vae.sample(count: 9, seed: 4) == samples)
    #expect(try vae.sample(count: 9, seed: 5) != samples)
    #expect(try Array(samples.prefix(2 * 30)) == vae.sample(count: 2, seed: 4))
    let expected = try Self.vae(TestDevice.reference).sample(count: 9, seed: 4)
    #expect(relativeError(samples.map(Double.init), expected.map(Double.init)) < 1e-6)
  }

  @Test("Latents from the prior are the normals of Philox, purpose 8")
  func priorLatents() throws {
    let vae = try Self.vae(TestDevice.cpu[0].open())
    for seed in [0, 4, UInt64.max] {
      let expected = (0..<7).flatMap {
        ReferencePhilox.normals(seed: seed, purpose: 8, sample: UInt32($0), count: 5)
      }
      #expect(relativeError(vae.priorLatents(count: 7, seed: seed), expected) < 1e-7)
    }
    let many = vae.priorLatents(count: 20_000, seed: 1).map(Double.init)
    let mean = many.reduce(0, +) / 1e5
    let variance = many.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e5
    #expect(abs(mean) < 0.015 && abs(variance - 1) < 0.02)
  }

  @Test(
    "A reconstruction by the mean decodes the encoder's means, one by a draw what was drawn",
    arguments: TestDevice.all)
  func reconstruction(device: TestDevice) throws {
    let vae = try Self.vae(device.open())
    let images = Self.images(4)
    let posteriors = try vae.encode(images)
    #expect(posteriors.count == 4 * 10)
    let means = (0..<4).flatMap { Array(posteriors[(10 * $0)..<(10 * $0 + 5)]) }
    #expect(try vae.reconstruct(images, mean: true) == vae.decode(means))
    #expect(vae.latents(of: posteriors, mean: true) == means)

    let drawn = vae.latents(of: posteriors, mean: false, seed: 3)
    for row in 0..<4 {
      let noise = ReferencePhilox.normals(seed: 3, purpose: 6, sample: UInt32(row), count: 5)
      let expected = (0..<5).map { j in
        Double(posteriors[10 * row + j]) + exp(Double(posteriors[10 * row + 5 + j]) / 2) * noise[j]
      }
      #expect(relativeError(Array(drawn[(5 * row)..<(5 * row + 5)]), expected) < 1e-6)
    }
    #expect(try vae.reconstruct(images, mean: false, seed: 3) == vae.decode(drawn))
    #expect(try vae.reconstruct(images, mean: false, seed: 4) != vae.decode(drawn))
  }

  @Test("Many rows in passes are the rows one by one", arguments: TestDevice.backends)
  func passes(device: TestDevice) throws {
    let vae = try Self.vae(device.open())
    let images = Self.images(515)
    let all = try vae.encode(images)
    #expect(all.count == 515 * 10)
    for row in [0, 511, 512, 514] {
      let one = try vae.encode(Array(images[(30 * row)..<(30 * row + 30)]))
      #expect(one == Array(all[(10 * row)..<(10 * row + 10)]), "row \(row)")
    }
    #expect(try vae.encode([]) == [] && vae.decode([]) == [] && vae.sample(count: 0) == [])
  }

  @Test("Samples of a Gaussian model are means and need not lie in [0, 1]")
  func gaussian() throws {
    let vae = try VAE(
      ModelConfiguration(
        image: ImageShape(height: 5, width: 6), hidden: [], latent: 5, likelihood: "gaussian"),
      device: TestDevice.cpu[0].open())
    let samples = try vae.sample(count: 50)
    #expect(samples.contains { $0 < 0 } && samples.allSatisfy(\.isFinite))
  }

  @Test("Every channel of a colour image is modelled")
  func channels() throws {
    let configuration = ModelConfiguration(
      image: ImageShape(height: 2, width: 3, channels: 3), hidden: [4], latent: 2)
    let vae = try VAE(configuration, device: TestDevice.cpu[0].open())
    #expect(try vae.sample(count: 2).count == 2 * 18)
    let pixels = (0..<(5 * 18)).map { UInt8($0) }
    let images = ImageSet(
      verified: "colour", split: .test, count: 5, height: 2, width: 3, channels: 3, pixels: pixels)
    #expect(try vae.evaluate(images, samples: 1).elbo < 0)
  }

  private static func vae(_ device: Device) throws -> VAE {
    try VAE(
      ModelConfiguration(
        image: ImageShape(height: 5, width: 6), hidden: [16], latent: 5, activation: .gelu),
      device: device, seed: 2)
  }

  private static func images(_ count: Int) -> [Float] {
    (0..<UInt32(count)).flatMap {
      ReferencePhilox.words(seed: 9, purpose: 1001, sample: $0, count: 30)
        .map { Float($0 >> 24) / 255 }
    }
  }
}
