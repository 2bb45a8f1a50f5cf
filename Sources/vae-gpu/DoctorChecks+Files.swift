import Datasets
import FileFormats
import Foundation
import VAEGPU

/// Checks of the data set, the cache and the disk.
extension DoctorChecks {
  static func dataSet() -> [Finding] {
    let name = RunConfiguration().data
    do {
      let data = try DatasetLoader.load(name)
      return [
        Finding(.ok, "data set \(name)", "\(data.train.count) + \(data.test.count) images")
      ]
    } catch {
      let fix = "apt-get install --reinstall dataset-fashion-mnist"
      return error.code == .missing
        ? [
          Finding(
            .note, "data set \(name)", "is not installed; 'train --data sprites' needs no file",
            fix: "apt-get install dataset-fashion-mnist")
        ] : [Finding(.fail, "data set \(name)", "\(error)", fix: fix)]
    }
  }

  static func cache() -> [Finding] {
    let name = "cache of compiled kernels"
    guard let path = Installation.cacheDirectory else {
      return [
        Finding(
          .note, name, "there is no home directory, so kernels are compiled at every start",
          fix: "export VAE_GPU_CACHE=/a/directory")
      ]
    }
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard FileManager.default.isWritableFile(atPath: path) else {
      return [
        Finding(
          .note, name, "\(path) cannot be written, so kernels are compiled at every start",
          fix: "export VAE_GPU_CACHE=/a/writable/directory")
      ]
    }
    return [Finding(.ok, name, path)]
  }

  static func disk() -> [Finding] {
    let path = FileManager.default.currentDirectoryPath
    guard FileManager.default.isWritableFile(atPath: path) else {
      return [
        Finding(
          .note, "disk", "\(path) cannot be written, and runs go to runs/ there",
          fix: "vae-gpu train --out /a/writable/directory")
      ]
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value else {
      return [Finding(.note, "disk", "the free space of \(path) cannot be told")]
    }
    let text = "\(Formatting.bytes(free)) free in \(path)"
    return free >= 200 << 20
      ? [Finding(.ok, "disk", text)]
      : [Finding(.fail, "disk", text, fix: "free 200 MiB, or use --out on another disk")]
  }
}
