import FileFormats
import Foundation

/// `metrics.jsonl`, a line at a time.
final class MetricsLog {
  private let path: String
  private let handle: FileHandle
  /// The seconds of the last line kept: where the clock of a resumed run goes on.
  let secondsBefore: Double

  /// Opens the log; lines of steps after `step` (of a run that was cut off after its last checkpoint) go.
  init(_ path: String, keepingStepsThrough step: Int) throws {
    self.path = path
    var kept: [String] = []
    var seconds = 0.0
    for line in MetricsLog.lines(path) {
      guard let value = try? StrictJSON.parse(Array(line.utf8), path: path),
        let lineStep = value["step"]?.int, lineStep <= step
      else { continue }
      kept.append(line)
      seconds = max(seconds, value["seconds"]?.double ?? 0)
    }
    secondsBefore = seconds
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw FileError(.unwritable, path: path, problem: "cannot be opened for writing")
    }
    self.handle = handle
    _ = try? handle.seekToEnd()
  }

  func append(_ line: MetricsLine) throws {
    do {
      try handle.write(contentsOf: Data((line.json + "\n").utf8))
    } catch {
      let code = (error as NSError).code
      let full = code == CocoaError.fileWriteOutOfSpace.rawValue || code == Int(ENOSPC)
      throw FileError(
        full ? .diskFull : .unwritable, path: path,
        problem: full ? "no space left on the disk" : "cannot be written")
    }
  }

  private static func lines(_ path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
