import Datasets
import Foundation
import VAEGPU

/// A flag that was given and the setting it stands for.
struct Setting {
  let flag: String
  /// Whether a run would give other numbers with another value.
  let shapesResult: Bool
  let apply: (inout RunConfiguration) -> Void
  /// The setting's value as text.
  let text: (RunConfiguration) -> String

  /// nil for a flag that was not given.
  init?<T>(
    _ flag: String, _ value: T?, _ path: WritableKeyPath<RunConfiguration, T>,
    shapesResult: Bool = true
  ) {
    guard let value else { return nil }
    self.flag = flag
    self.shapesResult = shapesResult
    apply = { $0[keyPath: path] = value }
    text = { "\($0[keyPath: path])" }
  }

  /// The same for a setting that may be without a value.
  init?<T>(
    _ flag: String, _ value: T?, optional path: WritableKeyPath<RunConfiguration, T?>,
    shapesResult: Bool = true
  ) {
    guard let value else { return nil }
    self.flag = flag
    self.shapesResult = shapesResult
    apply = { $0[keyPath: path] = value }
    text = { configuration in configuration[keyPath: path].map { "\($0)" } ?? "none" }
  }
}

extension RunConfiguration {
  /// The settings with flags over them, checked. `file` is where the settings come from.
  func applying(_ settings: [Setting], file: String?) throws -> RunConfiguration {
    var result = self
    for setting in settings { setting.apply(&result) }
    do {
      try result.validate()
    } catch {
      guard let file, !settings.contains(where: { $0.flag == error.key }) else { throw error }
      throw ConfigurationError(path: file, key: error.key, problem: error.problem)
    }
    return result
  }

  /// Throws for the first flag that would make an existing run another one.
  func checkResume(_ settings: [Setting], run: RunDirectory) throws {
    for setting in settings where setting.shapesResult {
      var changed = self
      setting.apply(&changed)
      changed.data = DataLocation.resolved(changed.data)
      guard changed != self else { continue }
      throw UsageError(
        "--\(setting.flag) \(setting.text(changed)): the run in \(run.path) has "
          + "\(setting.text(self)), and that cannot change; leave the flag out or start a new run")
    }
  }
}

/// Where a data set is, for a run that may be used from another directory later.
enum DataLocation {
  static func resolved(_ spec: String) -> String {
    guard !DatasetLoader.knownNames.contains(spec), !spec.isEmpty else { return spec }
    return URL(fileURLWithPath: spec).standardizedFileURL.path
  }
}
