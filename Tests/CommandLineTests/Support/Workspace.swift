import FileFormats
import Foundation
import Testing

/// A directory of a test's own, with a tiny data set in `tiny`: 96 + 40 images of 8 x 8.
final class Workspace: Sendable {
  let path: String

  init(withData: Bool = true) throws {
    path = NSTemporaryDirectory() + "vae-gpu-cli-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if withData { try writeImages(in: "tiny") }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Flags of a model that trains in no time.
  static let tinyModel = [
    "--data", "tiny", "--hidden", "16", "--latent", "2", "--batch-size", "32",
  ]

  func start(
    _ arguments: [String], environment: [String: String] = [:], standardOutput: String? = nil,
    program: String = CommandLineTool.path
  ) throws -> RunningTool {
    try RunningTool(
      arguments, in: path, environment: environment, standardOutput: standardOutput,
      program: program)
  }

  /// Runs the tool here to its end.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws
    -> CommandLineTool.Result
  {
    try start(arguments, environment: environment).wait()
  }

  func run(_ arguments: String...) throws -> CommandLineTool.Result { try run(arguments) }

  /// Trains the tiny model.
  func train(_ arguments: String...) throws -> CommandLineTool.Result {
    try run(["train"] + Self.tinyModel + arguments)
  }

  /// The tool must end with `code` and one line on stderr that holds all of `phrases`.
  func expectError(
    _ arguments: [String], code: Int32, _ phrases: String..., environment: [String: String] = [:],
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(arguments, environment: environment)
    #expect(result.code == code, "\(arguments): \(result)", sourceLocation: location)
    #expect(result.errorLines.count == 1, "\(arguments): \(result)", sourceLocation: location)
    #expect(result.output.isEmpty, "\(arguments): \(result)", sourceLocation: location)
    #expect(
      result.errors.hasPrefix("vae-gpu: error: "), "\(result)", sourceLocation: location)
    for phrase in phrases {
      #expect(
        result.errors.contains(phrase), "no '\(phrase)' in \(result)", sourceLocation: location)
    }
  }

  func file(_ name: String) -> String { path + "/" + name }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
  func bytes(_ name: String) throws -> [UInt8] {
    try BoundedFile.read(file(name), limit: 1 << 24)
  }
  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
  func write(_ bytes: [UInt8], to name: String) throws {
    try AtomicFile.write(bytes, to: file(name))
  }
  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// Two IDX files of bars: image i has bar i % 4.
  func writeImages(in directory: String, side: Int = 8) throws {
    try FileManager.default.createDirectory(
      atPath: file(directory), withIntermediateDirectories: true)
    for (name, count) in [("train", 96), ("t10k", 40)] {
      var bytes: [UInt8] = []
      for word in [0x803, count, side, side] {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
      }
      for image in 0..<count {
        for pixel in 0..<side * side {
          let isBar = pixel % side / 2 == image % 4
          bytes.append(isBar ? 255 : pixel / side / 2 == image / 4 % 4 ? 60 : 0)
        }
      }
      try write(bytes, to: "\(directory)/\(name)-images-idx3-ubyte")
    }
  }
}

/// One trained run that many tests look at and none changes: `run` in its workspace, three latents.
enum TrainedRun {
  static func workspace() throws -> Workspace { try shared.get() }

  private static let shared = Swift.Result {
    let workspace = try Workspace()
    let result = try workspace.train("--latent", "3", "--epochs", "2", "--out", "run", "--quiet")
    try #require(result.code == 0, "\(result)")
    try #require(result.errors.isEmpty && result.output.isEmpty, "\(result)")
    return workspace
  }
}
