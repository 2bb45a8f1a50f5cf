import Foundation

/// A file of Tests/Fixtures, made by an independent implementation (make_fixtures.py there).
enum Fixture {
  static func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    let tests = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appendingPathComponent("Fixtures/\(name)"))
    return try JSONDecoder().decode(type, from: data)
  }
}
