import CKernels
import Foundation

/// A driver that an `.icd` file names, or OCL_ICD_VENDORS itself.
package struct ListedDriver {
  /// What names it.
  let origin: String
  let library: String

  /// The loader's folder of `.icd` files.
  package static let folder = "/etc/OpenCL/vendors"

  /// Where the loader looks: a folder, one `.icd` file, or a library.
  package static let source: String = {
    let environment = ProcessInfo.processInfo.environment
    return ["OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"].lazy
      .compactMap { environment[$0].flatMap { $0.isEmpty ? nil : $0 } }.first ?? folder
  }()

  /// The `.icd` files of a folder.
  static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".icd") }.sorted()
  }

  /// The libraries that the `.icd` files of a folder name: the first line of each.
  static func named(in folder: String) -> [ListedDriver] {
    files(in: folder).compactMap { read("\(folder)/\($0)") }
  }

  /// The drivers that the loader was told of, and those that it was shown.
  static var all: [ListedDriver] {
    inSource + UnlistedDrivers.paths.map { ListedDriver(origin: $0, library: $0) }
  }

  private static var inSource: [ListedDriver] {
    let source = source
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
    if exists && isFolder.boolValue { return named(in: source) }
    if source.hasSuffix(".icd") { return [read(source)].compactMap { $0 } }
    let isLibrary = exists || source.contains(".so")
    return isLibrary ? [ListedDriver(origin: source, library: source)] : []
  }

  private static func read(_ path: String) -> ListedDriver? {
    let bytes = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
      .map { ListedDriver(origin: path, library: $0.trimmingCharacters(in: .whitespaces)) }
  }

  private var subject: String {
    "the driver \(library)" + (origin == library ? "" : " (\(origin))")
  }

  /// Why the library cannot be loaded; nil where it can.
  var loadProblem: DriverProblem? {
    guard dlopen(library, RTLD_LAZY | RTLD_LOCAL) == nil else { return nil }
    let reason = dlerror().map { String(cString: $0) } ?? "dlopen failed"
    return DriverProblem(
      subject: subject, problem: "cannot be loaded (\(reason))",
      advice: "reinstall its package, or remove what names it")
  }

  /// Why a loader without any platform cannot use the driver.
  var problem: DriverProblem {
    loadProblem
      ?? DriverProblem(
        subject: subject, problem: "loads but offers no platform",
        advice: "look at what it prints, at its cache folder and at the permissions of /dev/dri, "
          + "/dev/kfd or /dev/nvidia*")
  }
}
