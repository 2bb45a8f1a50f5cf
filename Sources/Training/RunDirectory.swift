import FileFormats
import Foundation

/// The files of a run: config.toml, metrics.jsonl, checkpoints/, pictures.
public struct RunDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public var configuration: String { path + "/config.toml" }
  public var metrics: String { path + "/metrics.jsonl" }
  public var last: String { path + "/checkpoints/last.safetensors" }
  public var best: String { path + "/checkpoints/best.safetensors" }
  public var samples: String { path + "/samples.png" }
  public var reconstructions: String { path + "/reconstructions.png" }

  /// Makes the directory of a new run: `path`, or the next free `runs/vae-N`.
  ///
  /// Throws `FileError.unwritable`, also where a run already lives at `path`: nothing is overwritten.
  public static func create(_ path: String?) throws -> RunDirectory {
    if let path {
      guard !path.isEmpty else {
        throw FileError(.unwritable, path: path, problem: "an empty path names no directory")
      }
      let run = RunDirectory(path)
      if FileManager.default.fileExists(atPath: run.configuration)
        || FileManager.default.fileExists(atPath: run.last)
      {
        throw FileError(
          .unwritable, path: path, problem: "already holds a run",
          advice: "continue it with --resume \(ShellWord.path(path)) or choose another --out")
      }
      try makeDirectory(path + "/checkpoints")
      return run
    }
    try makeDirectory("runs")
    for number in 1...1_000_000 {
      let candidate = "runs/vae-\(number)"
      // Creation is atomic: two runs never get one directory.
      if mkdir(candidate, 0o777) == 0 {
        try makeDirectory(candidate + "/checkpoints")
        return RunDirectory(candidate)
      }
      guard errno == EEXIST else {
        throw FileError(
          .unwritable, path: candidate, problem: String(cString: strerror(errno)),
          advice: "choose a directory with --out")
      }
    }
    throw FileError(.unwritable, path: "runs", problem: "is full of runs", advice: "use --out")
  }

  /// An existing run.
  ///
  /// Throws `FileError.missing` where there is none.
  public static func open(_ path: String) throws -> RunDirectory {
    let run = RunDirectory(path)
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError(
        .missing, path: path, problem: "no such run",
        advice: "'vae-gpu train' makes one under runs/")
    }
    guard FileManager.default.fileExists(atPath: run.configuration) else {
      throw FileError(
        .missing, path: run.configuration, problem: "no such file, so this is not a run directory")
    }
    return run
  }

  /// Takes away the directories that `create` made, as far as they are empty.
  public func removeIfEmpty() {
    rmdir(path + "/checkpoints")
    rmdir(path)
  }

  private static func makeDirectory(_ path: String) throws {
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      prefix += "/" + part
      guard mkdir(prefix, 0o777) != 0 else { continue }
      let code = errno
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: prefix, isDirectory: &isDirectory)
      guard !exists || !isDirectory.boolValue else { continue }
      throw FileError(
        code == ENOSPC || code == EDQUOT ? .diskFull : .unwritable, path: path,
        problem: "cannot be created: \(String(cString: strerror(code)))",
        advice: "choose another directory with --out")
    }
  }
}
