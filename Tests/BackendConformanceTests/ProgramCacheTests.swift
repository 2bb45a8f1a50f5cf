import Compute
import Foundation
import Graph
import OpenCLBackend
import Testing

/// Compiled programs on disk: whatever is in the folder, a device works.
@Suite("Program cache of OpenCL devices") @MainActor struct ProgramCacheTests {
  private let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "program-cache-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  enum Damage: CaseIterable {
    case empty, magicOnly, truncatedHeader, truncated, flippedFirst, flippedKey, flippedBody, longer
    case text, zeros

    func apply(_ entry: [UInt8]) -> [UInt8] {
      var bytes = entry
      switch self {
      case .empty: return []
      case .magicOnly: return Array(entry.prefix(18))
      case .truncatedHeader: return Array(entry.prefix(24))
      case .truncated: return Array(entry.dropLast(entry.count / 3))
      case .flippedFirst: bytes[0] ^= 1
      case .flippedKey: bytes[200] ^= 0x10
      case .flippedBody: bytes[entry.count - 1000] ^= 0x80
      case .longer: bytes += [0]
      case .text: return Array("not a program\n".utf8)
      case .zeros: return [UInt8](repeating: 0, count: entry.count)
      }
      return bytes
    }
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a second opening takes the entry of the first and leaves it alone`(
    _ device: TestDevice
  ) throws {
    defer { removeDirectory() }
    try open(device)
    let path = try entryPath()
    let before = try status(path)
    try open(device)
    #expect(try status(path) == before, "the entry was written again")
  }

  @Test(arguments: TestDevice.allOpenCL, Damage.allCases)
  func `a damaged entry is seen and replaced`(_ device: TestDevice, _ damage: Damage) throws {
    defer { removeDirectory() }
    try open(device)
    let path = try entryPath()
    let entry = try contents(path)
    try Data(damage.apply(entry)).write(to: URL(fileURLWithPath: path))
    try open(device)
    let key = try #require(try entryKey(entry))
    #expect(ProgramCache(directory: directory).load(key: key) != nil)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `an entry that the driver refuses is built again`(_ device: TestDevice) throws {
    defer { removeDirectory() }
    try open(device)
    let key = try #require(try entryKey(try contents(try entryPath())))
    let cache = ProgramCache(directory: directory)
    let garbage = Array("a binary of another driver".utf8)
    cache.store(garbage, key: key)
    #expect(cache.load(key: key) == garbage)
    try open(device)
    #expect(cache.load(key: key) != garbage)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a folder that cannot be written costs nothing but time`(_ device: TestDevice) throws {
    defer { removeDirectory() }
    let file = directory + "/file"
    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
    for path in [file, file + "/below", "/proc/no-such-folder"] {
      try open(device, in: path)
    }
    try open(device, in: nil)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a driver with a cache of its own gets a note in place of the binary`(
    _ device: TestDevice
  ) throws {
    defer { removeDirectory() }
    #expect(try !open(device, in: directory, keepsBinaries: false))
    let entry = try contents(try entryPath())
    let key = try #require(try entryKey(entry))
    #expect(entry.count < 30 + key.utf8.count + 100)
    #expect(try open(device, in: directory, keepsBinaries: false))
    // A note is no binary.
    #expect(try !open(device, in: directory, keepsBinaries: true))
    #expect(try open(device, in: directory, keepsBinaries: true))
  }

  @Test func `an entry is found by its whole key only`() throws {
    defer { removeDirectory() }
    let cache = ProgramCache(directory: directory)
    #expect(cache.load(key: "a") == nil)
    cache.store([1, 2, 3], key: "a")
    #expect(cache.load(key: "a") == [1, 2, 3])
    #expect(cache.load(key: "b") == nil)
    cache.store([4], key: "a")
    #expect(cache.load(key: "a") == [4])
    // Another key that happened to have the same hash.
    let (a, b) = (try #require(cache.path(key: "a")), try #require(cache.path(key: "b")))
    try FileManager.default.copyItem(atPath: a, toPath: b)
    #expect(cache.load(key: "b") == nil)
  }

  @Test func `drivers with a cache of their own are not asked for binaries`() {
    #expect(OpenCLDevice.compilesAtLaunch(platform: "Portable Computing Language"))
    #expect(!OpenCLDevice.compilesAtLaunch(platform: "Intel(R) OpenCL"))
  }

  /// Opens the device with the cache and runs a kernel and a product.
  @discardableResult
  private func open(_ device: TestDevice, in path: String?, keepsBinaries: Bool = true) throws
    -> Bool
  {
    let openCL = try #require(device.openCLDevice)
    let backend = try OpenCLBackend(
      openCL, cache: ProgramCache(directory: path), keepsBinaries: keepsBinaries)
    let recording = Recording()
    let x = recording.input([1, 2, 3], [3])
    let sum = recording.graph.add(x, x)
    #expect(try recording.run([sum], on: backend) == [[2, 4, 6]])
    return backend.programs.areFromCache
  }

  private func open(_ device: TestDevice) throws { try open(device, in: directory) }

  private func entryPath() throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(names.count == 1, "\(names)")
    return directory + "/" + (try #require(names.first))
  }

  private func contents(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The key inside an entry: magic (18 bytes), checksum (4), key length (8), key, binary.
  private func entryKey(_ entry: [UInt8]) throws -> String? {
    let length = entry[22..<30].reversed().reduce(0) { $0 << 8 | Int($1) }
    return String(bytes: entry[30..<(30 + length)], encoding: .utf8)
  }

  /// Inode and modification time.
  private func status(_ path: String) throws -> [Int] {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }

  private func removeDirectory() { try? FileManager.default.removeItem(atPath: directory) }
}
