import Datasets
import FileFormats
import Foundation
import Graph
import Training
import VAEModels

/// A training case of Tests/Fixtures, made by PyTorch in float64 (make_fixtures.py there).
struct TrainingFixture: Decodable {
  struct Model: Decodable {
    let inputs: Int
    let hidden: [Int]
    let latents: Int
    let activation: Activation
    let likelihood: String
    let sigma: SigmaField?
  }

  struct Data: Decodable {
    let samples: Int
    let width: Int
    let pixelSum: Int
    let nonzeroPixels: Int
  }

  struct Training: Decodable {
    let seed: UInt64
    let batchSize: Int
    let beta: Double
    let binarization: Binarization
  }

  struct Parameter: Decodable {
    let name: String
    let shape: [Int]
    let count: Int
    let sampledIndices: [Int]?
    let gradientNorms: [Double]?
    let initialNorm: Double?
    let finalNorm: Double?
  }

  struct Step: Decodable {
    let epoch: Int
    let batch: [UInt32]
    let loss: Double
    let logLikelihood: Double
    let kl: Double
  }

  let name: String
  let model: Model
  let data: Data
  let training: Training
  let parameters: [Parameter]
  let steps: [Step]

  static func load(_ name: String) throws -> TrainingFixture {
    try Fixtures.json("\(name).json")
  }

  func tensors() throws -> SafeTensors { try Fixtures.tensors("\(name).safetensors") }

  /// The run that the fixture describes, one line of metrics per step.
  var configuration: RunConfiguration {
    var configuration = RunConfiguration()
    configuration.hidden = model.hidden
    configuration.latent = model.latents
    configuration.activation = model.activation
    configuration.likelihood = model.likelihood
    configuration.sigma = model.sigma?.sigma ?? .learned
    configuration.binarize = training.binarization
    configuration.batchSize = training.batchSize
    configuration.beta = training.beta
    configuration.seed = training.seed
    configuration.maxSteps = steps.count
    configuration.logEvery = 1
    return configuration
  }

  var dataset: ImageDataset {
    TestImages.dataset(train: data.samples, test: data.samples, side: data.width)
  }
}

/// "learned" or a number.
enum SigmaField: Decodable {
  case learned
  case number(Double)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .learned
    }
  }

  var sigma: Sigma {
    switch self {
    case .learned: .learned
    case .number(let value): .fixed(value)
    }
  }
}

enum Fixtures {
  static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  static func json<T: Decodable>(_ name: String) throws -> T {
    let data = try Foundation.Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
    return try JSONDecoder().decode(T.self, from: data)
  }

  static func tensors(_ name: String) throws -> SafeTensors {
    try SafeTensors.read("\(directory)/\(name)")
  }
}

extension SafeTensors {
  /// Values of an F64 or F32 tensor without rounding.
  func doubles(named name: String) throws -> [Double] {
    guard let entry = entry(named: name), entry.dtype == .f64 else {
      return try floats(named: name).map(Double.init)
    }
    let bytes = try bytes(named: name)
    return bytes.withUnsafeBytes { raw in
      (0..<(raw.count / 8)).map {
        Double(
          bitPattern: UInt64(
            littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }
}
