import Compute
import FileFormats

/// Saves verdicts while tuning goes on.
package struct VerdictKeeper {
  let store: VerdictStore
  let info: DeviceInfo
  /// Takes the error of a file that cannot be written; nil: it is thrown.
  let onUnsaved: ((FileError) -> Void)?

  package init(store: VerdictStore, info: DeviceInfo, onUnsaved: ((FileError) -> Void)? = nil) {
    self.store = store
    self.info = info
    self.onUnsaved = onUnsaved
  }

  package func save(_ verdicts: GemmVerdicts) throws(FileError) {
    do {
      try store.save(verdicts, for: info)
    } catch {
      guard let onUnsaved else { throw error }
      onUnsaved(error)
    }
  }
}
