import VAEModels

/// Values of settings from text, shared by flags and configuration files. Errors are a phrase; the caller adds where.
package enum ConfigurationParsing {
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  static func text(_ value: ConfigurationValue) throws -> String {
    guard case .text(let text) = value else {
      throw Problem(description: "must be a string, not \(value.toml)")
    }
    return text
  }

  static func integer(_ value: ConfigurationValue) throws -> Int {
    guard case .integer(let number) = value else {
      throw Problem(description: "must be a whole number, not \(value.toml)")
    }
    return Int(number)
  }

  static func number(_ value: ConfigurationValue) throws -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw Problem(description: "must be a number, not \(value.toml)")
    }
  }

  static func seed(_ value: ConfigurationValue) throws -> UInt64 {
    guard case .integer(let number) = value, number >= 0 else {
      throw Problem(description: "must be a whole number from 0, not \(value.toml)")
    }
    return UInt64(number)
  }

  static func choice<T: RawRepresentable & CaseIterable>(
    _ value: ConfigurationValue
  ) throws -> T where T.RawValue == String {
    guard case .text(let text) = value, let choice = T(rawValue: text) else {
      let known = T.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(description: "must be one of \(known), not \(value.toml)")
    }
    return choice
  }

  static func widths(_ value: ConfigurationValue) throws -> [Int] {
    switch value {
    case .list(let widths): widths
    case .integer(let width): [Int(width)]
    case .text(let text): try widths(text)
    case .number: throw Problem(description: "must be a list of widths, not \(value.toml)")
    }
  }

  /// "400", "400,200" or "none".
  package static func widths(_ text: String) throws -> [Int] {
    if text == "none" { return [] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return try parts.map {
      guard let width = Int($0.trimmingWhitespace), width > 0 else {
        throw Problem(
          description: "must be positive widths like 400 or 400,200, or 'none', not '\(text)'")
      }
      return width
    }
  }

  static func bounds(_ value: ConfigurationValue) throws -> ClosedRange<Double> {
    switch value {
    case .text(let text): return try bounds(text)
    case .list(let ends): return try bounds(ends.map(String.init).joined(separator: ","))
    default: throw Problem(description: "must be two numbers like \"-6,2\", not \(value.toml)")
    }
  }

  /// "-6,2".
  package static func bounds(_ text: String) throws -> ClosedRange<Double> {
    let ends = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0.trimmingWhitespace)
    }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low.isFinite, high.isFinite,
      low < high
    else {
      throw Problem(
        description: "must be two numbers like -6,2, the smaller one first, not '\(text)'")
    }
    return low...high
  }

  static func sigma(_ value: ConfigurationValue) throws -> Sigma {
    switch value {
    case .text(let text): try sigma(text)
    case .integer(let number): .fixed(Double(number))
    case .number(let number): .fixed(number)
    case .list: throw Problem(description: "must be \(sigmaChoices), not \(value.toml)")
    }
  }

  /// A name of `Sigma.named` or a positive number.
  package static func sigma(_ text: String) throws -> Sigma {
    if let named = Sigma.named.first(where: { $0.name == text }) { return named.sigma }
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw Problem(description: "must be \(sigmaChoices), not '\(text)'")
    }
    return .fixed(value)
  }

  /// "'learned', …, or a positive number".
  package static let sigmaChoices =
    Sigma.named.map { "'\($0.name)'" }.joined(separator: ", ") + " or a positive number"
}

extension StringProtocol {
  fileprivate var trimmingWhitespace: String {
    split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
