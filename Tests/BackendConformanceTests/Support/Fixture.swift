import Foundation

/// A file of Tests/Fixtures, made by an independent implementation (make_fixtures.py there). `VAE_GPU_TEST_FIXTURES` is
/// the folder where the sources are not at hand.
enum Fixture {
  static func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    let tests = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder =
      ProcessInfo.processInfo.environment["VAE_GPU_TEST_FIXTURES"] ?? tests.path + "/Fixtures"
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    return try JSONDecoder().decode(type, from: data)
  }
}
