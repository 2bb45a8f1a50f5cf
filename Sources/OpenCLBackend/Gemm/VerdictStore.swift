import CKernels
import Compute
import Foundation

/// Verdicts of tuning on disk: one JSON file per device and driver in the user's cache, over the defaults that the
/// program ships. A file that cannot be read, or is of another version, counts as none.
package struct VerdictStore: Sendable {
  /// nil: nothing is kept.
  package let directory: String?

  package init(directory: String?) { self.directory = directory }

  /// `tuning` in the cache folder.
  package static var standard: VerdictStore {
    VerdictStore(directory: ProgramCache.root.map { $0 + "/tuning" })
  }

  /// Where the verdicts of a device are kept.
  package func path(for info: DeviceInfo) -> String? {
    let words = "\(info.platform) \(info.name) \(info.driver)".lowercased()
      .split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == ".") }
    return directory.map { "\($0)/\(words.joined(separator: "-").prefix(180)).json" }
  }

  /// What was measured on this very device with this driver; nil when it was never tuned.
  package func measured(on info: DeviceInfo) -> GemmVerdicts? {
    guard let path = path(for: info), let data = FileManager.default.contents(atPath: path),
      let verdicts = Self.decode(data), verdicts.platform == info.platform,
      verdicts.device == info.name, verdicts.driver == info.driver
    else { return nil }
    return verdicts
  }

  /// The defaults shipped for devices like this one: those of the same platform. nil where there are none.
  package static func shipped(for info: DeviceInfo) -> GemmVerdicts? {
    guard let text = vae_shipped_verdicts() else { return nil }
    let all = try? JSONDecoder().decode(
      [GemmVerdicts].self, from: Data(String(cString: text).utf8))
    return all?.first {
      $0.version == GemmVerdicts.currentVersion && $0.platform == info.platform
    }
  }

  /// Measured verdicts over the shipped ones.
  package func verdicts(for info: DeviceInfo) -> GemmVerdicts? {
    guard var verdicts = Self.shipped(for: info) else { return measured(on: info) }
    if let own = measured(on: info) {
      verdicts.merge(own.entries)
      verdicts.clblast = own.clblast ?? verdicts.clblast
    }
    return verdicts
  }

  /// Writes verdicts aside and renames, so that no reader sees half of them.
  package func save(_ verdicts: GemmVerdicts, for info: DeviceInfo) throws(ComputeError) {
    guard let directory, let path = path(for: info) else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      try encoder.encode(verdicts).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ComputeError(
        .deviceFailed, operation: path,
        detail: "the verdicts of tuning cannot be written: \(error.localizedDescription)")
    }
  }

  private static func decode(_ data: Data) -> GemmVerdicts? {
    guard let verdicts = try? JSONDecoder().decode(GemmVerdicts.self, from: data),
      verdicts.version == GemmVerdicts.currentVersion
    else { return nil }
    return verdicts
  }
}
