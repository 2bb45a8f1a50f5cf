import CKernels
import Compute
import FileFormats
import Foundation

/// Verdicts of tuning on disk: one JSON file per device and driver in the user's cache, over the defaults that the
/// program ships. A file that cannot be read, or is of another version, counts as none; `problem` says why.
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
    guard let verdicts = try? read(for: info), verdicts.platform == info.platform,
      verdicts.device == info.name, verdicts.driver == info.driver
    else { return nil }
    return verdicts
  }

  /// One line about a file that is there and cannot be used; nil where there is none or it is in order.
  package func problem(for info: DeviceInfo) -> String? {
    do {
      _ = try read(for: info)
      return nil
    } catch {
      return "\(error.description); matrix products are chosen without it: delete it, or run "
        + "'vae-gpu tune --device \(info.selector)'"
    }
  }

  /// nil where there is no file.
  private func read(for info: DeviceInfo) throws(FileError) -> GemmVerdicts? {
    guard let path = path(for: info) else { return nil }
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.read(path, limit: 1 << 24)
    } catch {
      if error.code == .missing { return nil }
      throw error
    }
    do {
      let verdicts = try JSONDecoder().decode(GemmVerdicts.self, from: Data(bytes))
      guard verdicts.version != GemmVerdicts.currentVersion else { return verdicts }
      throw FileError(
        .mismatch, path: path,
        problem: "is a tuning file of version \(verdicts.version), and this program reads "
          + "version \(GemmVerdicts.currentVersion)")
    } catch let error as FileError {
      throw error
    } catch {
      let reason = (error as? DecodingError).map(Self.reason) ?? "\(error)"
      throw FileError(.malformed, path: path, problem: "is a damaged tuning file (\(reason))")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(context.codingPath.last?.stringValue ?? "")' is of another type"
    case .dataCorrupted(let context): context.debugDescription
    @unknown default: "unknown format"
    }
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
    Self.merged(measured(on: info), for: info)
  }

  /// `own` over the shipped verdicts.
  package static func merged(_ own: GemmVerdicts?, for info: DeviceInfo) -> GemmVerdicts? {
    guard var verdicts = shipped(for: info) else { return own }
    if let own {
      verdicts.merge(own.entries)
      verdicts.clblast = own.clblast ?? verdicts.clblast
    }
    return verdicts
  }

  /// Writes verdicts aside and renames, so that no reader sees half of them.
  package func save(_ verdicts: GemmVerdicts, for info: DeviceInfo) throws(FileError) {
    guard let path = try makeDirectory(for: info) else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(verdicts) else {
      throw FileError(.unwritable, path: path, problem: "a speed that is no number has no JSON")
    }
    try AtomicFile.write(data, to: path)
  }

  /// Throws if the file of a device cannot be written: to be asked before minutes of measuring.
  package func checkWritable(for info: DeviceInfo) throws(FileError) {
    guard let path = try makeDirectory(for: info) else { return }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw FileError(.unwritable, path: path, problem: "is a directory, not a file")
    }
    let probe = path + ".probe"
    try AtomicFile.write([UInt8](), to: probe)
    unlink(probe)
  }

  /// The path of the file, with its folder made; nil where nothing is kept.
  private func makeDirectory(for info: DeviceInfo) throws(FileError) -> String? {
    guard let directory, let path = path(for: info) else { return nil }
    do {
      try Folder.make(directory)
    } catch {
      throw FileError(
        error.code, path: path,
        problem: "the verdicts of tuning cannot be written: \(error.path) \(error.problem)",
        advice: "set VAE_GPU_CACHE to a folder that can be written")
    }
    return path
  }
}
