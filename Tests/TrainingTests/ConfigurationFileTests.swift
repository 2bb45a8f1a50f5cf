import Foundation
import Testing
import VAEGPU

/// config.toml: what is written is read back, and what is wrong is named with its place.
struct ConfigurationFileTests {
  /// Every setting away from its default.
  private static var unusual: RunConfiguration {
    var configuration = RunConfiguration()
    configuration.data = "/data \"quoted\" \\ \t\u{7f} ünï"
    configuration.device = "0"
    configuration.threads = 3
    configuration.hidden = [300, 7, 1]
    configuration.latent = 2
    configuration.activation = .leakyReLU
    configuration.likelihood = "gaussian"
    configuration.sigma = .fixed(0.1)
    configuration.levels = 17
    configuration.components = 3
    configuration.binarize = .static
    configuration.epochs = 3
    configuration.maxSteps = 17
    configuration.batchSize = 1
    configuration.learningRate = 1.0 / 3
    configuration.learningRateSchedule = .staircase
    configuration.learningRateEpochs = 12.5
    configuration.adam.beta1 = 0.99
    configuration.adam.beta2 = 0.9999
    configuration.adam.epsilon = 1e-4
    configuration.fit = .gradient
    configuration.missing = 0.1
    configuration.precision = .bf16
    configuration.objective.name = "miwae"
    configuration.objective.samples = 12
    configuration.objective.kl = .monteCarlo
    configuration.objective.gradient = .doublyReparameterised
    configuration.objective.groups = 4
    configuration.objective.mixing = 0.125
    configuration.objective.freeBits = 0.75
    configuration.objective.capacity = 30
    configuration.objective.corruption = .masking
    configuration.objective.corruptionLevel = 0.2
    configuration.validation = 11
    configuration.layer = .gated
    (configuration.initialisation, configuration.outputBias) = (.glorot, .data)
    (configuration.convolution.channels, configuration.convolution.kernel) = ([3, 5, 9], 5)
    (configuration.convolution.stride, configuration.convolution.padding) = (3, 2)
    configuration.convolution.norm = .group
    (configuration.convolution.residual, configuration.convolution.upsampling) = (2, .nearest)
    configuration.logVarianceBounds = -6.5...2
    configuration.beta = 1e-300
    configuration.betaSchedule = .cyclical
    configuration.warmup = 0.25
    configuration.seed = UInt64(Int64.max)
    configuration.clipNorm = 1e22
    configuration.patience = 4
    configuration.logEvery = 9
    configuration.saveEvery = 0.5
    return configuration
  }

  @Test("Every setting survives being written and read")
  func roundTrip() throws {
    let unusual = Self.unusual
    let read = try Self.read(unusual.toml)
    #expect(read == unusual)
    #expect(read.toml == unusual.toml)
    // A setting that is new in the table and missing above would have its default.
    let defaults = RunConfiguration().toml.split(separator: "\n")
    for line in defaults where !line.hasPrefix("model ") {
      #expect(!unusual.toml.contains(line), "\(line) is not changed by this test")
    }
  }

  @Test("The defaults survive too, with the binarisation spelled out")
  func defaults() throws {
    var expected = RunConfiguration()
    expected.binarize = .dynamic
    #expect(try Self.read(RunConfiguration().toml) == expected)
    #expect(try Self.read("") == RunConfiguration())
    expected = RunConfiguration()
    expected.hidden = []
    expected.likelihood = "gaussian"
    expected.binarize = Binarization.none
    #expect(try Self.read(expected.toml) == expected)
  }

  @Test(
    "Every published key is there with a comment",
    arguments: [
      "data", "device", "model", "hidden", "latent", "activation", "likelihood", "sigma",
      "binarize",
      "epochs", "batch_size", "lr", "precision", "beta", "seed", "clip_norm", "patience",
      "log_every",
      "save_every",
    ])
  func keys(key: String) {
    let lines = RunConfiguration().toml.split(separator: "\n").filter { $0.hasPrefix("\(key) = ") }
    #expect(lines.count == 1 && lines.allSatisfy { $0.contains(" # ") })
  }

  @Test("Values may be written in the ways of TOML")
  func spellings() throws {
    #expect(try Self.read("hidden = 7").hidden == [7])
    #expect(try Self.read("hidden = [7, 8]").hidden == [7, 8])
    #expect(try Self.read("hidden = \"7,8\"").hidden == [7, 8])
    #expect(try Self.read("hidden = \"none\"").hidden == [])
    #expect(try Self.read("hidden = []").hidden == [])
    #expect(try Self.read("sigma = 2").sigma == .fixed(2))
    #expect(try Self.read("sigma = \"0.5\"").sigma == .fixed(0.5))
    #expect(try Self.read("sigma = \"learned\"").sigma == .learned)
    #expect(try Self.read("lr = 1").learningRate == 1)
    #expect(try Self.read("lr = 1e-4").learningRate == 1e-4)
    #expect(try Self.read("batch-size = 1_000").batchSize == 1000)
    #expect(try Self.read("batch_size = 0x10").batchSize == 16)
    #expect(try Self.read("# only a comment\r\nseed = 5 # five\r\n").seed == 5)
  }

  @Test(
    "A wrong key or type is an error that names file, key and what is right",
    arguments: [
      ("batch_sise = 3", ["batch_sise", "did you mean 'batch_size'?"]),
      ("learning = 3", ["learning", "unknown key", "known: data, device"]),
      ("[train]\nlr = 1", ["train", "unknown key"]), ("[lr]\nx = 1", ["lr", "type"]),
      ("lr.x = 1", ["lr", "type"]), ("lr = \"fast\"", ["lr", "must be a number"]),
      ("lr = true", ["lr"]), ("lr = [1]", ["lr", "must be a number"]),
      ("epochs = 1.5", ["epochs", "must be a whole number"]),
      ("epochs = \"3\"", ["epochs", "must be a whole number"]),
      ("epochs = false", ["epochs"]), ("epochs = 1979-05-27", ["epochs", "type"]),
      ("data = 3", ["data", "must be a string"]), ("data = [\"a\"]", ["data"]),
      ("seed = -1", ["seed", "from 0"]), ("seed = 1.0", ["seed"]),
      ("activation = \"reelu\"", ["activation", "identity, relu, leaky_relu"]),
      ("activation = 1", ["activation", "must be one of"]),
      ("precision = \"fp16\"", ["precision", "must be one of fp32, tf32, bf16"]),
      ("precision = 16", ["precision", "must be one of fp32, tf32, bf16"]),
      ("binarize = \"soft\"", ["binarize", "dynamic, static, none"]),
      ("hidden = [1.5]", ["hidden", "whole numbers"]), ("hidden = [[1]]", ["hidden"]),
      ("hidden = \"400;200\"", ["hidden", "400,200"]), ("hidden = 1.5", ["hidden"]),
      ("hidden = \"\"", ["hidden"]), ("hidden = \"0\"", ["hidden"]),
      ("sigma = \"big\"", ["sigma", "learned"]), ("sigma = \"-1\"", ["sigma"]),
      ("sigma = [1]", ["sigma"]), ("sigma = true", ["sigma"]),
      ("batch_size = 8\nbatch-size = 9", ["batch", "twice"]),
    ])
  func wrong(text: String, words: [String]) throws {
    let scratch = try Scratch()
    let path = try scratch.file("config.toml", Array(text.utf8))
    let error = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(tomlFile: path)
    }
    let description = error.map { "\($0)" } ?? ""
    for word in words + [path] { #expect(description.contains(word), "\(description)") }
    #expect(!description.contains("\n"), "\(description)")
  }

  @Test(
    "What is not TOML is malformed, with its line",
    arguments: [
      ("lr = ", "line 1"), ("epochs = 1\nepochs = 2", "line 2"), ("\n\n= 3", "line 3"),
      ("lr = 1\nlr 2", "line 2"), ("[a\nb]", "line 1"), ("x = \"open", "line 1"),
      ("seed = 99999999999999999999", "line 1"), ("lr = 1_", "line 1"),
      // toml++ ends the process at these.
      ("lr = 1\n[# a", "line 2"), ("[=]", "line 1"), ("\n [[.a]]", "line 2"), ("[ ", "line 1"),
      ("\u{FEFF}[é]", "line 1"), ("[[", "line 1"), ("\t[,]\r", "line 1"),
    ])
  func notTOML(text: String, line: String) throws {
    expectFileError(.malformed, ["config.toml", "is not TOML", line]) { _ = try Self.read(text) }
  }

  @Test("Text that is not UTF-8, or far too long, is malformed; none is missing")
  func notText() throws {
    let scratch = try Scratch()
    let path = try scratch.file("config.toml", Array("data = \"".utf8) + [0xFF, 0xFE, 0x22])
    expectFileError(.malformed, ["UTF-8"]) { _ = try RunConfiguration(tomlFile: path) }
    let long = try scratch.file("long", [UInt8](repeating: UInt8(ascii: "#"), count: 2 << 20))
    expectFileError(.malformed) { _ = try RunConfiguration(tomlFile: long) }
    expectFileError(.missing) { _ = try RunConfiguration(tomlFile: scratch.file("none")) }
    let deep = String(repeating: "[", count: 100_000)
    expectFileError(.malformed) { _ = try Self.read("hidden = \(deep)") }
  }

  private static func read(_ text: String) throws -> RunConfiguration {
    let scratch = try Scratch()
    return try RunConfiguration(tomlFile: scratch.file("config.toml", Array(text.utf8)))
  }
}
