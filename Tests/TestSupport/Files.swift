import CZlib
import FileFormats
import Foundation
import Testing

/// A directory of its own, removed with this object.
package final class Scratch: Sendable {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "file-formats-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// A file with `bytes`, written without the code under test.
  package func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  package var contents: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }
}

package func contents(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Checks that `body` throws a one-line error of `code` whose text has all of `words`.
package func expectFailure<T>(
  _ code: FileError.Code, _ words: [String], _ location: SourceLocation = #_sourceLocation,
  _ body: () throws(FileError) -> T
) {
  do throws(FileError) {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: location)
  } catch {
    #expect(error.code == code, "\(error)", sourceLocation: location)
    let lines = error.description.split(whereSeparator: \.isNewline)
    #expect(lines.count == 1, "\(error)", sourceLocation: location)
    for word in words {
      #expect(error.description.contains(word), "\(error)", sourceLocation: location)
    }
  }
}

/// `bytes` as one gzip member.
package func gzip(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
  var stream = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  deflateInit2_(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  defer { deflateEnd(&stream) }
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
  var input = bytes
  let produced = input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(target.count)
      deflate(&stream, Z_FINISH)
      return Int(stream.total_out)
    }
  }
  return Array(output[..<produced])
}

/// `bytes` with a few random changes: bytes set, bits flipped, cut, repeated or swapped.
package func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
    let index = Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: bytes[index] = .random(in: 0...255, using: &generator)
    case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2: bytes.removeSubrange(index...)
    case 3: bytes.insert(.random(in: 0...255, using: &generator), at: index)
    case 4: bytes.remove(at: index)
    default:
      bytes[index] =
        [0, 1, 0x30, 0x39, 0x7F, 0xFF, 0x22, 0x2C].randomElement(using: &generator) ?? 0
    }
  }
  return bytes
}
