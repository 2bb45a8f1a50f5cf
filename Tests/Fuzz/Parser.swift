import Compute
import Datasets
import FileFormats
import Foundation
import OpenCLBackend
import Training
import VAEModels

/// A parser of the project, by the name of its folder of inputs in Tests/Fuzz/Corpus.
struct Parser: Sendable {
  let name: String
  /// Parses bytes and checks the promises about what was read; throws what the parser throws.
  let parse: @Sendable ([UInt8]) throws -> Void

  static let all = [
    Parser(name: "safetensors") { bytes in
      let file = try SafeTensors.parse(bytes, path: "input")
      for entry in file.entries {
        let count = entry.shape.reduce(1, *)
        precondition(entry.range.count == count * entry.dtype.size)
        if let values = try? file.floats(named: entry.name) { precondition(values.count == count) }
      }
    },
    Parser(name: "json") { bytes in
      let value = try StrictJSON.parse(bytes, path: "input")
      // What was read is written so that it reads as the same.
      let again = try StrictJSON.parse(Array(value.text.utf8), path: "output")
      precondition(again == value)
    },
    Parser(name: "npy") { bytes in
      let array = try NPY.parse(bytes, path: "input")
      precondition(array.values.count == array.shape.reduce(1, *))
    },
    Parser(name: "png") { bytes in
      // Sizes that are honest and large take seconds under a sanitizer: bytes 16 to 23 are width and height.
      guard bytes.count < 24 || bytes[16..<24].enumerated().allSatisfy({ $0 % 4 == 3 || $1 == 0 })
      else { return }
      let image = try PNGImage.decode(bytes, path: "input")
      precondition(image.pixels.count == image.width * image.height * image.channels)
    },
    Parser(name: "gzip") { bytes in
      let plain = try Gzip.inflate(bytes, limit: 1 << 16, path: "input")
      precondition(plain.count <= 1 << 16)
    },
    Parser(name: "idx") { bytes in
      let images = try IDX.readImages(file(bytes))
      let count = images.count * images.height * images.width * images.channels
      precondition(images.pixels.count == count)
    },
    Parser(name: "idx-labels") { bytes in _ = try IDX.readLabels(file(bytes)) },
    Parser(name: "toml") { bytes in
      let configuration = try RunConfiguration(tomlFile: file(bytes))
      try configuration.validate()
      // What a run writes is a file that gives the same run.
      let again = try RunConfiguration(tomlFile: file(Array(configuration.toml.utf8)))
      precondition(again.toml == configuration.toml)
    },
    Parser(name: "tuning") { bytes in
      let store = VerdictStore(directory: folder)
      try write(bytes, to: store.path(for: device) ?? "")
      guard let verdicts = store.measured(on: device) else { return }
      for shape in verdicts.entries.map(\.shape) { _ = verdicts.variant(for: shape) }
    },
    Parser(name: "program-cache") { bytes in
      let cache = ProgramCache(directory: folder)
      try write(bytes, to: cache.path(key: "key") ?? "")
      precondition(cache.load(key: "key")?.isEmpty != true)
    },
    Parser(name: "checkpoint") { bytes in
      let file = try SafeTensors.parse(bytes, path: "input")
      let checkpoint = try Checkpoint.read(file, layout: layout)
      precondition(checkpoint.weights.map(\.count) == layout.parameters.map(\.count))
      _ = try Checkpoint.imageShape(of: file)
    },
  ]

  /// The layout of the checkpoint in the corpus: a linear VAE of images of 2 x 2.
  private static let layout = ModelRegistry.make(
    {
      var configuration = RunConfiguration()
      (configuration.hidden, configuration.latent) = ([], 1)
      return configuration.modelConfiguration(image: ImageShape(height: 2, width: 2))
    }()
  ).layout

  /// The device of the tuning file in the corpus.
  private static let device = DeviceInfo(
    index: 0, name: "device", vendor: "vendor", platform: "platform", driver: "1", type: .cpu,
    computeUnits: 1, memory: 1 << 30, features: [])

  private static let folder = NSTemporaryDirectory() + "vae-gpu-fuzz-\(getpid())"

  private static func write(_ bytes: [UInt8], to path: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private static func file(_ bytes: [UInt8]) throws -> String {
    try write(bytes, to: folder + "/input")
    return folder + "/input"
  }
}
