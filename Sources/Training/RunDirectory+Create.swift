import FileFormats
import Foundation

extension RunDirectory {
  /// Makes the directory of a new run and claims it: `path`, or the next free `runs/vae-N`.
  ///
  /// Throws `FileError.unwritable`, also where `path` holds anything, be it a run or not: nothing is overwritten.
  public static func create(_ path: String?) throws(FileError) -> RunDirectory {
    guard let path else { return try createNumbered() }
    guard !path.isEmpty else {
      throw FileError(.unwritable, path: path, problem: "an empty path names no directory")
    }
    guard PathStatus.isMissing(RunDirectory(path).configuration) else {
      throw FileError(
        .unwritable, path: path, problem: "already holds a run",
        advice: "continue it with --resume \(ShellWord.path(path)) or choose another --out")
    }
    try makeDirectories(path)
    let run = try RunDirectory(path).claimed()
    try run.checkEmpty()
    try run.makeCheckpoints()
    return run
  }

  private static func createNumbered() throws(FileError) -> RunDirectory {
    try makeDirectories("runs")
    for number in 1...1_000_000 {
      let run = RunDirectory("runs/vae-\(number)")
      // Creation is atomic: two runs never get one directory.
      if makeDirectory(run.path) == 0 {
        let claimed = try run.claimed()
        try claimed.makeCheckpoints()
        return claimed
      }
      guard errno == EEXIST else { throw cannotCreate(run.path, errno) }
    }
    throw FileError(.unwritable, path: "runs", problem: "is full of runs", advice: "use --out")
  }

  /// Throws for a directory with anything in it but an empty folder `checkpoints`.
  private func checkEmpty() throws(FileError) {
    var names = try Self.names(in: path)
    if names.contains("checkpoints") {
      let inner = (try? Self.names(in: checkpoints)) ?? [""]
      names.removeAll { $0 == "checkpoints" }
      names += inner.map { $0.isEmpty ? "checkpoints" : "checkpoints/\($0)" }
    }
    guard !names.isEmpty else { return }
    let shown = names.sorted().prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    throw FileError(
      .unwritable, path: path,
      problem: "holds \(shown) and is not a run; a new run needs a directory of its own",
      advice: "choose another --out or an empty directory")
  }

  private static func names(in path: String) throws(FileError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw FileError(.unwritable, path: path, problem: "cannot be listed, so it may hold files")
    }
  }

  /// Takes away the directories that `create` made, as far as they are empty.
  public func removeIfEmpty() {
    rmdir(checkpoints)
    rmdir(path)
  }

  /// Takes away a run that has neither a checkpoint nor a line of metrics.
  ///
  /// - Parameter directory: whether `create` made the directory, which then goes, too.
  public func removeUntrained(directory: Bool) {
    guard rmdir(checkpoints) == 0 else { return }
    if (try? BoundedFile.read(metrics, limit: 0)) != nil { unlink(metrics) }
    guard PathStatus.isMissing(metrics) else { return }
    unlink(configuration)
    if directory { rmdir(path) }
  }

  private static func makeDirectories(_ path: String) throws(FileError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      prefix += "/" + part
      guard makeDirectory(prefix) != 0 else { continue }
      let code = errno
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: prefix, isDirectory: &isDirectory)
      guard !exists || !isDirectory.boolValue else { continue }
      throw cannotCreate(path, code)
    }
  }

  private static func cannotCreate(_ path: String, _ code: Int32) -> FileError {
    FileError(
      code == ENOSPC || code == EDQUOT ? .diskFull : .unwritable, path: path,
      problem: "cannot be created: \(String(cString: strerror(code)))",
      advice: "choose another directory with --out")
  }
}
