import Compute
import FileFormats
import Foundation
import OpenCLBackend
import TestSupport
import Testing

/// Verdicts of tuning on disk: whatever is in the file, a device works.
@Suite("Verdicts of tuning") struct VerdictStoreTests {
  private let directory = NSTemporaryDirectory() + "verdicts-" + UUID().uuidString
  private var store: VerdictStore { VerdictStore(directory: directory) }

  private static let info = DeviceInfo(
    index: 0, name: "Some GPU (rev. 2)", vendor: "vendor", platform: "Some platform",
    driver: "1.2/3 beta", type: .gpu, computeUnits: 4, memory: 1 << 30, features: [])

  private static let entries = [
    entry(
      128, 400, 784, "NT", .tiled(m: 16, n: 32, k: 32, rows: 4, columns: 4, split: 2), 1234.5),
    entry(
      128, 400, 784, "NN", .panel(rows: 8, vector: 16, depth: 256, groupRows: 128, panels: 2), 99),
    entry(784, 400, 128, "TN", .clblast, 0.5),
  ]

  private static func entry(
    _ m: Int, _ n: Int, _ k: Int, _ layout: String, _ variant: GemmVariant, _ gflops: Double = 1
  ) -> GemmVerdicts.Entry {
    .init(shape: shape(m, n, k, layout), variant: variant, gflops: gflops)
  }

  private static func shape(_ m: Int, _ n: Int, _ k: Int, _ layout: String) -> GemmShape {
    GemmShape(
      m: m, n: n, k: k, transposeA: layout.first == "T", transposeB: layout.last == "T")
  }

  private func cleanUp() { try? FileManager.default.removeItem(atPath: directory) }

  @Test func `what is saved is read again`() throws {
    defer { cleanUp() }
    #expect(store.measured(on: Self.info) == nil)
    let verdicts = GemmVerdicts(for: Self.info, entries: Self.entries)
    try store.save(verdicts, for: Self.info)
    #expect(store.measured(on: Self.info) == verdicts)
    #expect(store.verdicts(for: Self.info)?.entries == Self.entries)
    // A second time, over the first.
    let fewer = GemmVerdicts(for: Self.info, entries: [Self.entries[1]])
    try store.save(fewer, for: Self.info)
    #expect(store.measured(on: Self.info) == fewer)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 1)
  }

  @Test(arguments: ["platform", "name", "driver"])
  func `verdicts of another device or driver are none`(_ field: String) throws {
    defer { cleanUp() }
    try store.save(GemmVerdicts(for: Self.info, entries: Self.entries), for: Self.info)
    var other = Self.info
    // The same file name: only what the file says tells them apart.
    switch field {
    case "platform": other.platform = "Some, platform"
    case "name": other.name = "Some GPU rev. 2"
    default: other.driver = "1.2 3 beta"
    }
    #expect(store.path(for: other) == store.path(for: Self.info))
    #expect(store.measured(on: other) == nil && store.verdicts(for: other) == nil)
    #expect(store.measured(on: Self.info) != nil)
  }

  @Test func `a file name has no separators and is short enough`() throws {
    var info = Self.info
    info.name = "../../x/" + String(repeating: "long name ", count: 100) + "\u{e9}\u{0}"
    let path = try #require(store.path(for: info))
    let name = path.dropFirst(directory.count + 1)
    #expect(path.hasPrefix(directory + "/") && name.count < 255 && name.hasSuffix(".json"))
    #expect(!name.contains("/") && !name.hasPrefix("."), "\(name)")
    defer { cleanUp() }
    try store.save(GemmVerdicts(for: info, entries: Self.entries), for: info)
    #expect(store.measured(on: info)?.entries == Self.entries)
  }

  @Test(arguments: 0..<40)
  func `a damaged file is none or what was saved`(_ damage: Int) throws {
    defer { cleanUp() }
    let verdicts = GemmVerdicts(for: Self.info, entries: Self.entries)
    try store.save(verdicts, for: Self.info)
    let path = URL(fileURLWithPath: try #require(store.path(for: Self.info)))
    var bytes = [UInt8](try Data(contentsOf: path))
    var generator = SeededGenerator("damage \(damage)")
    if damage % 2 == 0 {
      bytes = Array(bytes.prefix(bytes.count * damage / 40))
    } else {
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(generator.next() & 255)
    }
    try Data(bytes).write(to: path)
    let found = store.measured(on: Self.info)
    // One changed digit may be another number; it is never another device or a variant that cannot be.
    #expect(found == nil || damage % 2 == 1, "seed \(testSeed)")
    #expect(found?.entries.count ?? 3 == 3)
  }

  @Test(arguments: ["", "[]", "{}", "null", "{\"version\":1}", "\u{0}", "[[[[[[", "1e999"])
  func `a file of something else is none`(_ text: String) throws {
    defer { cleanUp() }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let path = try #require(store.path(for: Self.info))
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(store.measured(on: Self.info) == nil)
    // Nor does a folder in its place.
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(store.measured(on: Self.info) == nil)
  }

  @Test func `verdicts of another version are none`() throws {
    defer { cleanUp() }
    var verdicts = GemmVerdicts(for: Self.info, entries: Self.entries)
    for version in [0, GemmVerdicts.currentVersion + 1, -1] {
      verdicts.version = version
      try store.save(verdicts, for: Self.info)
      #expect(store.measured(on: Self.info) == nil, "version \(version)")
    }
  }

  @Test func `without a folder nothing is kept`() throws {
    let none = VerdictStore(directory: nil)
    #expect(none.path(for: Self.info) == nil)
    try none.save(GemmVerdicts(for: Self.info, entries: Self.entries), for: Self.info)
    #expect(none.measured(on: Self.info) == nil && none.verdicts(for: Self.info) == nil)
  }

  @Test func `a folder that cannot be written is one error that names the file`() throws {
    defer { cleanUp() }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = directory + "/file"
    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
    for path in [file, file + "/below", "/proc/no-such-folder"] {
      let store = VerdictStore(directory: path)
      for attempt in [
        { try store.save(GemmVerdicts(for: Self.info), for: Self.info) },
        { try store.checkWritable(for: Self.info) },
      ] as [() throws -> Void] {
        let error = #expect(throws: FileError.self) { try attempt() }
        let text = error?.description ?? ""
        #expect(error?.code == .unwritable && text.contains("VAE_GPU_CACHE"), "\(text)")
        #expect(text.contains(path) && text.contains("verdicts"), "\(text)")
        #expect(text.split(whereSeparator: \.isNewline).count == 1, "\(text)")
        #expect(!text.contains("NSCocoaErrorDomain"), "\(text)")
      }
      #expect(store.measured(on: Self.info) == nil)
      // Whoever wants to go on without the file does.
      var errors: [FileError] = []
      let keeper = VerdictKeeper(store: store, info: Self.info) { errors.append($0) }
      try keeper.save(GemmVerdicts(for: Self.info))
      #expect(errors.count == 1)
    }
  }

  @Test func `a file that can be written is not touched by asking`() throws {
    defer { cleanUp() }
    try store.checkWritable(for: Self.info)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    let verdicts = GemmVerdicts(for: Self.info, entries: Self.entries)
    try store.save(verdicts, for: Self.info)
    try store.checkWritable(for: Self.info)
    #expect(store.measured(on: Self.info) == verdicts)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 1)
    let path = try #require(store.path(for: Self.info))
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try store.checkWritable(for: Self.info) }
  }

  @Test(arguments: [
    ("{", "damaged"), (#"{"version":4}"#, "platform"), ("\u{0}", "damaged"),
    (
      #"{"version":1,"platform":"p","device":"d","driver":"1","entries":[]}"#, "version 1"
    ),
    (
      #"{"version":4,"platform":"p","device":"d","driver":"1","entries":[{"gflops":1,"#
        + #""shape":{"m":1,"n":1,"k":1,"transposeA":false,"transposeB":false},"#
        + #""variant":"panel 1 2 3"}]}"#, "panel 1 2 3"
    ),
  ])
  func `a file that cannot be used is named with the reason`(_ text: String, _ reason: String)
    throws
  {
    defer { cleanUp() }
    #expect(store.problem(for: Self.info) == nil)
    try store.save(GemmVerdicts(for: Self.info, entries: Self.entries), for: Self.info)
    #expect(store.problem(for: Self.info) == nil)
    let path = try #require(store.path(for: Self.info))
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let problem = try #require(store.problem(for: Self.info))
    #expect(problem.contains(path) && problem.contains(reason), "\(problem)")
    #expect(problem.contains("vae-gpu tune --device 0"), "\(problem)")
    #expect(problem.split(whereSeparator: \.isNewline).count == 1, "\(problem)")
  }
}
