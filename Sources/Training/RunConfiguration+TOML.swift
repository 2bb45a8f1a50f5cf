import Datasets
import FileFormats
import TOMLKit

extension RunConfiguration {
  /// The settings of a TOML file over the defaults. An unknown key is an error that names the nearest one.
  public init(tomlFile path: String) throws {
    let bytes = try BoundedFile.read(path, limit: 1 << 20)
    // The parser takes a C string: what follows a zero byte would be left out in silence.
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw FileError(.malformed, path: path, problem: "is not UTF-8 text")
    }
    if let line = Self.lineOfNamelessTable(bytes) {
      throw FileError(
        .malformed, path: path,
        problem: "is not TOML: line \(line): '[' begins a table and needs its name")
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw FileError(
        .malformed, path: path,
        problem: "is not TOML: line \(error.source.begin.line): \(error.description)")
    }
    self.init()
    var seen: Set<String> = []
    for (name, value) in table {
      guard let key = ConfigurationKey.named(name) else {
        let known = ConfigurationKey.all.map(\.name)
        let nearest = NearestName.find(name, in: known).map { "; did you mean '\($0)'?" }
        throw ConfigurationError(
          path: path, key: name,
          problem: "unknown key" + (nearest ?? "; known: \(known.joined(separator: ", "))"))
      }
      guard seen.insert(key.name).inserted else {
        throw ConfigurationError(
          path: path, key: name, problem: "is given twice: with a dash and with an underscore")
      }
      do {
        try key.write(&self, try Self.value(value.tomlValue))
      } catch let problem as ConfigurationParsing.Problem {
        throw ConfigurationError(path: path, key: name, problem: problem.description)
      }
    }
    adaptToModel(given: seen)
  }

  /// The settings as a TOML file with a comment on each.
  public var toml: String {
    ConfigurationKey.all.compactMap { key in
      key.read(self).map { value in
        let line = "\(key.name) = \(value.toml)"
        let padding = String(repeating: " ", count: max(1, 34 - line.count))
        return "\(line)\(padding)# \(key.comment)\n"
      }
    }.joined()
  }

  /// The settings that the numbers of a run depend on, one line, for checkpoints.
  package var fingerprint: String {
    ConfigurationKey.all.filter(\.determinesResult).compactMap { key in
      key.read(self).flatMap { $0 == key.implied ? nil : "\(key.name)=\($0.toml)" }
    }.joined(separator: " ")
  }

  /// The number of the first line, from 1, that begins a table without a name. At such a line
  /// toml++ ends the process by an assertion.
  private static func lineOfNamelessTable(_ bytes: [UInt8]) -> Int? {
    let letters = "abcdefghijklmnopqrstuvwxyz"
    let nameBeginnings = Set("\(letters)\(letters.uppercased())0123456789_-\"'".utf8)
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.firstIndex { line in
      var rest = line.drop(while: isBlank)
      guard rest.popFirst() == UInt8(ascii: "[") else { return false }
      if rest.first == UInt8(ascii: "[") { rest.removeFirst() }
      guard let first = rest.drop(while: isBlank).first else { return true }
      return !nameBeginnings.contains(first)
    }.map { $0 + 1 }
  }

  private static func value(_ value: TOMLValue) throws -> ConfigurationValue {
    if let text = value.string { return .text(text) }
    if let integer = value.int { return .integer(Int64(integer)) }
    if let number = value.double { return .number(number) }
    if let array = value.array {
      let integers = array.compactMap { $0.tomlValue.int }
      guard integers.count == array.count else {
        throw ConfigurationParsing.Problem(description: "must be a list of whole numbers")
      }
      return .list(integers)
    }
    throw ConfigurationParsing.Problem(description: "has a type that no setting takes")
  }
}
