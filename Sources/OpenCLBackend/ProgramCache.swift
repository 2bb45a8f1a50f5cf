import CZlib
import FileFormats
import Foundation

/// Compiled programs on disk. An entry's file name is a hash of its key (source, options, platform, device, driver);
/// the file holds the whole key and a checksum, so a collision or a damaged file is seen and the program rebuilt.
/// A cache that cannot be read or written costs time, never correctness.
package struct ProgramCache: Sendable {
  /// nil: no cache.
  package let directory: String?

  package init(directory: String?) {
    self.directory = directory.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// `$VAE_GPU_CACHE`, else `$XDG_CACHE_HOME/vae-gpu`, else `~/.cache/vae-gpu`; below it `programs`.
  package static var standard: ProgramCache {
    ProgramCache(directory: root.map { $0 + "/programs" })
  }

  /// The folder of everything that vae-gpu keeps between runs.
  package static var root: String? {
    let environment = ProcessInfo.processInfo.environment
    if let own = environment["VAE_GPU_CACHE"], !own.isEmpty { return own }
    if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty { return cache + "/vae-gpu" }
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    return home + "/.cache/vae-gpu"
  }

  /// Bytes of the largest entry that is read.
  private static let sizeLimit = 1 << 28
  private static let magic = Array("vae-gpu program 1\n".utf8)

  /// The binary stored under `key`; nil when there is none or it is damaged.
  package func load(key: String) -> [UInt8]? {
    guard let path = path(key: key),
      let bytes = try? BoundedFile.read(path, limit: Self.sizeLimit)
    else { return nil }
    let keyBytes = Array(key.utf8)
    let header = Self.magic.count + 12
    guard bytes.count >= header + keyBytes.count, bytes.starts(with: Self.magic) else { return nil }
    let checksum = Self.integer(bytes[Self.magic.count..<(Self.magic.count + 4)])
    let keyLength = Self.integer(bytes[(Self.magic.count + 4)..<header])
    guard keyLength == keyBytes.count,
      bytes[header..<(header + keyBytes.count)].elementsEqual(keyBytes)
    else { return nil }
    let body = Array(bytes[(header + keyBytes.count)...])
    guard !body.isEmpty, Self.checksum(body) == checksum else { return nil }
    return body
  }

  /// Stores a binary: written aside, then renamed, so that no reader sees half of it.
  package func store(_ binary: [UInt8], key: String) {
    guard let directory, let path = path(key: key) else { return }
    let keyBytes = Array(key.utf8)
    var bytes = Self.magic
    bytes += Self.bytes(Self.checksum(binary), count: 4)
    bytes += Self.bytes(UInt64(keyBytes.count), count: 8)
    bytes += keyBytes
    bytes += binary
    try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try? Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  package func path(key: String) -> String? {
    directory.map { $0 + "/" + String(Self.hash(key), radix: 16) + ".bin" }
  }

  /// FNV-1a, 64 bits (Fowler, Noll, Vo).
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    UInt64(crc32_z(0, bytes, bytes.count))
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(_ value: UInt64, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
