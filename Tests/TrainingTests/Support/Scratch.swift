import FileFormats
import Foundation
import Testing

/// A directory of its own, removed with this object.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "training-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// A file with these bytes, written without the code under test.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }
}

func contents(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Checks that `body` throws a one-line `FileError` of `code` whose text has all of `words`.
func expectFileError(
  _ code: FileError.Code, _ words: [String] = [], _ location: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: location)
  } catch let error as FileError {
    #expect(error.code == code, "\(error)", sourceLocation: location)
    let lines = error.description.split(whereSeparator: \.isNewline)
    #expect(lines.count == 1, "\(error)", sourceLocation: location)
    for word in words {
      #expect(error.description.contains(word), "\(error)", sourceLocation: location)
    }
  } catch {
    Issue.record("not a FileError: \(error)", sourceLocation: location)
  }
}
