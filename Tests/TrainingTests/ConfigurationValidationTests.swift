import Testing
import VAEGPU

struct ConfigurationValidationTests {
  typealias Change = @Sendable (inout RunConfiguration) -> Void

  static let wrong: [(key: String, change: Change)] = [
    ("model", { $0.model = "gan" }), ("likelihood", { $0.likelihood = "cauchy" }),
    ("data", { $0.data = "" }), ("hidden", { $0.hidden = [400, 0] }),
    ("hidden", { $0.hidden = [65_537] }), ("hidden", { $0.hidden = [-1] }),
    ("hidden", { $0.hidden = [Int](repeating: 1, count: 65) }), ("latent", { $0.latent = 0 }),
    ("latent", { $0.latent = .max }), ("batch-size", { $0.batchSize = 0 }),
    ("batch-size", { $0.batchSize = .max }), ("epochs", { $0.epochs = 0 }),
    ("max-steps", { $0.maxSteps = 0 }), ("max-steps", { $0.maxSteps = 1 << 32 }),
    ("threads", { $0.threads = 0 }), ("threads", { $0.threads = 1025 }),
    ("patience", { $0.patience = -1 }), ("log-every", { $0.logEvery = 0 }),
    ("lr", { $0.learningRate = 0 }), ("lr", { $0.learningRate = -1 }),
    ("lr", { $0.learningRate = .nan }), ("lr", { $0.learningRate = .infinity }),
    ("beta", { $0.beta = -0.1 }), ("beta", { $0.beta = .nan }), ("beta", { $0.beta = .infinity }),
    ("clip-norm", { $0.clipNorm = -1 }), ("clip-norm", { $0.clipNorm = .nan }),
    ("save-every", { $0.saveEvery = -1 }), ("save-every", { $0.saveEvery = .nan }),
    ("seed", { $0.seed = .max }), ("sigma", { $0.sigma = .fixed(0) }),
    ("sigma", { $0.sigma = .fixed(-1) }), ("sigma", { $0.sigma = .fixed(.nan) }),
    ("sigma", { $0.sigma = .fixed(.infinity) }),
    // Numbers that float32 has as 0, as a subnormal, as 1 or as infinity.
    ("adam-epsilon", { $0.adam.epsilon = 1e-46 }), ("adam-epsilon", { $0.adam.epsilon = 1e-40 }),
    ("adam-beta1", { $0.adam.beta1 = 1 - 1e-9 }), ("adam-beta2", { $0.adam.beta2 = 1 - 1e-9 }),
    ("lr", { $0.learningRate = 1e-46 }), ("lr", { $0.learningRate = 1e39 }),
    ("beta", { $0.beta = 1e-46 }), ("beta", { $0.beta = 1e39 }),
    ("clip-norm", { $0.clipNorm = 1e-46 }), ("clip-norm", { $0.clipNorm = 1e39 }),
    ("free-bits", { $0.objective.freeBits = 1e39 }), ("capacity", { $0.objective.capacity = 1e39 }),
    ("corruption-level", { $0.objective.corruptionLevel = 1e39 }),
  ]

  @Test("A setting that makes no sense is named, in one line", arguments: wrong.indices)
  func invalid(index: Int) {
    var configuration = RunConfiguration()
    Self.wrong[index].change(&configuration)
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
    #expect(error?.key == Self.wrong[index].key)
    #expect(error.map { !"\($0)".contains("\n") } ?? false)
  }

  @Test("The defaults and the edges of what makes sense are valid")
  func valid() throws {
    try RunConfiguration().validate()
    var configuration = RunConfiguration()
    configuration.hidden = []
    configuration.latent = 1
    configuration.batchSize = 1
    configuration.epochs = 1
    configuration.maxSteps = 1
    configuration.threads = 1
    configuration.beta = 0
    configuration.clipNorm = 0
    configuration.saveEvery = 0
    configuration.seed = UInt64(Int64.max)
    configuration.learningRate = Double(Float.leastNormalMagnitude)
    configuration.adam.epsilon = Double(Float.leastNormalMagnitude)
    configuration.adam.beta2 = 0.9999999
    configuration.sigma = .fixed(1e-6)
    try configuration.validate()
  }

  @Test("A trainer refuses settings that make no sense") @MainActor
  func trainer() throws {
    var configuration = RunConfiguration.small
    configuration.latent = 0
    let device = try TestDevice.cpu[0].open()
    #expect(throws: ConfigurationError.self) {
      try Trainer(configuration, data: TestImages.dataset(), device: device)
    }
  }

  @Test("Without a word on it a binary likelihood binarises at every step, and others not at all")
  func binarization() {
    var configuration = RunConfiguration()
    #expect(configuration.binarization == .dynamic)
    configuration.likelihood = "gaussian"
    #expect(configuration.binarization == .none)
    configuration.binarize = .static
    #expect(configuration.binarization == .static)
  }
}
