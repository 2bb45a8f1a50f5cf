import Testing
import VAEGPU

/// Weights by name from files of others.
@MainActor struct WeightFileTests {
  private typealias Tensor = (name: String, shape: [Int], values: [Float])

  @Test(
    "Weights of another model are refused by the first tensor that does not fit, and nothing changes"
  )
  func mismatch() throws {
    let vae = try Self.vae()
    let good = try vae.namedWeights()
    var missing = good
    missing.remove(at: 2)
    var shape = good
    shape[0].shape = [4, 9]
    var extra = good
    extra.append(("likelihood.log_sigma", [1], [0]))
    var notFinite = good
    notFinite[1].values[3] = .nan
    let cases: [(FileError.Code, [String], [Tensor])] = [
      (.mismatch, ["no tensor 'posterior.weight'"], missing),
      (.mismatch, ["'encoder.0.weight'", "[4, 9]", "[9, 4]"], shape),
      (.mismatch, ["'likelihood.log_sigma'", "has not"], extra),
      (.malformed, ["'encoder.0.bias'", "not finite"], notFinite),
    ]
    let scratch = try Scratch()
    let before = try vae.weights()
    for (code, words, tensors) in cases {
      try SafeTensors.write(tensors: tensors, to: scratch.file("w"))
      expectFileError(code, words) {
        try vae.loadWeights(from: SafeTensors.read(scratch.file("w")))
      }
      #expect(try vae.weights() == before)
    }
  }

  @Test("A scalar without dimensions is taken for one of one dimension")
  func scalar() throws {
    let vae = try Self.vae(likelihood: "gaussian")
    var tensors = try vae.namedWeights()
    let index = try #require(tensors.firstIndex { $0.name == "likelihood.log_sigma" })
    tensors[index] = ("likelihood.log_sigma", [], [-1.5])
    let scratch = try Scratch()
    try SafeTensors.write(tensors: tensors, to: scratch.file("w"))
    try vae.loadWeights(from: SafeTensors.read(scratch.file("w")))
    #expect(try vae.weights()[index] == [-1.5])
  }

  @Test("Written and loaded weights are the same bits on every device", arguments: TestDevice.all)
  func roundTrip(device: TestDevice) throws {
    let vae = try VAE(Self.configuration(), device: device.open(), seed: 3)
    let scratch = try Scratch()
    try SafeTensors.write(tensors: vae.namedWeights(), to: scratch.file("w"))
    let other = try VAE(Self.configuration(), device: device.open(), seed: 4)
    try other.loadWeights(from: SafeTensors.read(scratch.file("w")))
    #expect(try other.weights() == vae.weights())
  }

  private static func configuration(likelihood: String = "bernoulli") -> ModelConfiguration {
    ModelConfiguration(
      image: ImageShape(height: 2, width: 2), hidden: [9], latent: 3, likelihood: likelihood)
  }

  private static func vae(likelihood: String = "bernoulli") throws -> VAE {
    try VAE(configuration(likelihood: likelihood), device: TestDevice.cpu[0].open())
  }
}
