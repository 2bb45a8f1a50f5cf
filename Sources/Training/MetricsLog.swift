import FileFormats

/// `metrics.jsonl`, a line at a time.
final class MetricsLog {
  private let file: AppendedFile
  /// The seconds of the last line kept: where the clock of a resumed run goes on.
  let secondsBefore: Double
  /// The last line of each split.
  private(set) var last: [String: (step: Int, elbo: Double?)] = [:]

  /// Opens the log of a run that stands at `progress`. What was written after its checkpoint goes: lines of later steps, and half
  /// a line at the end. All else stays as it is, lines of other programs too.
  ///
  /// - Parameter isAtEpochEnd: the last epoch is trained and not evaluated, so its evaluation comes again.
  ///
  /// Throws without a change to the file if it cannot be read or written.
  init(_ path: String, progress: TrainingProgress, isAtEpochEnd: Bool = false) throws(FileError) {
    file = AppendedFile(path)
    let bytes = try Self.bytes(path)
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    var seconds = 0.0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let value = try? StrictJSON.parse(Array(line), path: path) else {
        // Only the last line can be one that was cut off.
        if line.endIndex < bytes.endIndex { kept += line + [UInt8(ascii: "\n")] }
        continue
      }
      if let step = value["step"]?.int {
        let split = value["split"]?.string ?? ""
        let isToCome =
          isAtEpochEnd && split != "train" && step == progress.step
          && (value["epoch"]?.int ?? 0) > progress.epoch
        guard step <= progress.step, !isToCome else { continue }
        last[split] = (step, value["elbo"]?.double)
        seconds = max(seconds, value["seconds"]?.double ?? 0)
      }
      kept += line + [UInt8(ascii: "\n")]
    }
    secondsBefore = seconds
    try file.create()
    if kept != bytes { try AtomicFile.write(kept, to: path) }
  }

  func append(_ line: MetricsLine) throws(FileError) {
    try file.append(line.json + "\n")
    last[line.split] = (line.step, line.elbo)
  }

  /// Makes the lines so far durable.
  func synchronize() throws(FileError) { try file.synchronize() }

  /// Nothing where there is no file yet.
  private static func bytes(_ path: String) throws(FileError) -> [UInt8] {
    do {
      return try BoundedFile.read(path, limit: 1 << 32)
    } catch {
      guard error.code == .missing else { throw error }
      return []
    }
  }
}
