import FileFormats
import Foundation
import VAEGPU

/// A small run in a directory of its own.
@MainActor struct TestRun {
  let scratch: Scratch
  let directory: RunDirectory
  var configuration: RunConfiguration
  let data: ImageDataset

  init(_ configuration: RunConfiguration = .small, data: ImageDataset = TestImages.dataset()) throws
  {
    scratch = try Scratch()
    directory = try RunDirectory.create(scratch.file("run"))
    self.configuration = configuration
    self.data = data
  }

  func trainer(_ device: Device) throws -> Trainer {
    try Trainer(configuration, data: data, device: device, output: directory)
  }

  /// Trains to the end, from the last checkpoint if there is one.
  @discardableResult
  func finish(_ device: Device) throws -> Trainer {
    let trainer = try trainer(device)
    try trainer.resume()
    try trainer.train()
    return trainer
  }

  /// The bytes of both checkpoints.
  func checkpoints() throws -> [[UInt8]] {
    try [contents(of: directory.last), contents(of: directory.best)]
  }

  /// Removes one of its files, or a folder.
  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  /// The lines of metrics without their times.
  func metrics() throws -> [JSONValue] {
    let text = String(decoding: try contents(of: directory.metrics), as: UTF8.self)
    return try text.split(separator: "\n").map { line in
      let members = try StrictJSON.parse(Array(line.utf8), path: "metrics").members ?? []
      return .object(members.filter { !["images_per_s", "seconds"].contains($0.key) })
    }
  }
}

extension RunConfiguration {
  /// Three epochs of four steps on the images of `TestImages.dataset()`.
  nonisolated static var small: RunConfiguration {
    var configuration = RunConfiguration()
    configuration.data = "test-images"
    configuration.hidden = [16, 12]
    configuration.latent = 5
    configuration.epochs = 3
    configuration.batchSize = 8
    configuration.seed = 20_260_101
    configuration.logEvery = 1
    return configuration
  }
}

/// What `train(onEvent:)` may throw to leave a run as a crash would.
struct Abandoned: Error {}

extension Trainer {
  /// Trains and gives the line of metrics of every interval.
  @discardableResult
  func lines(onLine: (MetricsLine) throws -> Void = { _ in }) throws -> [MetricsLine] {
    var lines: [MetricsLine] = []
    try train { event in
      if case .interval(let line) = event {
        lines.append(line)
        try onLine(line)
      }
    }
    return lines
  }
}
