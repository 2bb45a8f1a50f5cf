import FileFormats
import Foundation

/// The files of a run: config.toml, metrics.jsonl, checkpoints/, pictures.
public struct RunDirectory: Sendable {
  public let path: String
  /// What keeps other processes away for as long as a copy of this value lives; nil for a run that is only read, and where the
  /// file system has no locks.
  private(set) var claim: DirectoryClaim?

  public init(_ path: String) { self.path = path }

  public var configuration: String { path + "/config.toml" }
  public var metrics: String { path + "/metrics.jsonl" }
  public var last: String { path + "/checkpoints/last.safetensors" }
  public var best: String { path + "/checkpoints/best.safetensors" }
  public var samples: String { path + "/samples.png" }
  public var reconstructions: String { path + "/reconstructions.png" }
  var checkpoints: String { path + "/checkpoints" }

  /// An existing run.
  ///
  /// Throws `FileError.missing` where there is none.
  public static func open(_ path: String) throws(FileError) -> RunDirectory {
    let run = RunDirectory(path)
    guard !PathStatus.isMissing(path) else {
      throw FileError(
        .missing, path: path, problem: "no such run",
        advice: "'vae-gpu train' makes one under runs/")
    }
    guard !PathStatus.isMissing(run.configuration) else {
      throw FileError(
        .missing, path: run.configuration, problem: "no such file, so this is not a run directory")
    }
    return run
  }

  /// The run, claimed by this process, without what killed processes were writing in it.
  ///
  /// Throws `FileError.inUse` while another process trains it.
  public func claimed() throws(FileError) -> RunDirectory {
    guard claim == nil else { return self }
    var run = self
    run.claim = try DirectoryClaim(path)
    for folder in [path, checkpoints] { AtomicFile.sweep(folder) }
    return run
  }

  /// Throws `FileError.writeFailed` where the claimed directory is no longer at its path.
  func checkPresence() throws(FileError) { try claim?.check() }

  /// Makes the folder of the checkpoints where it is missing.
  func makeCheckpoints() throws(FileError) {
    guard makeDirectory(checkpoints) != 0, errno != EEXIST else { return }
    throw FileError.creating(checkpoints, step: "mkdir", errno: errno)
  }
}
