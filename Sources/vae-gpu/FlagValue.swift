import Datasets
import Training
import VAEModels

/// Values of flags from text. A problem is a phrase; the parser names the flag and the value.
enum FlagValue {
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// A whole number. The range is checked here, or with the configuration's where there is none.
  static func integer(
    _ range: ClosedRange<Int> = Int.min...Int.max
  ) -> @Sendable (String) throws -> Int {
    { text in
      guard let value = Int(text) else {
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let isNumber = !digits.isEmpty && digits.allSatisfy { ("0"..."9").contains($0) }
        throw Problem(
          description: isNumber ? "is too large for a whole number" : "must be a whole number")
      }
      guard range.contains(value) else {
        let bounds =
          range.upperBound == Int.max
          ? "from \(range.lowerBound) on" : "in \(range.lowerBound) ... \(range.upperBound)"
        throw Problem(description: "must be a whole number \(bounds)")
      }
      return value
    }
  }

  static let mutualInformation: @Sendable (String) throws -> MutualInformationImages = { text in
    switch text {
    case "all": return .all
    case "none": return .none
    default:
      guard let value = Int(text), (1...Int(Int32.max)).contains(value) else {
        throw Problem(description: "must be all, none or a number of images")
      }
      return .count(value)
    }
  }

  static let seed: @Sendable (String) throws -> UInt64 = { text in
    guard let value = Int64(text), value >= 0 else {
      throw Problem(description: "must be a whole number in 0 ... \(Int64.max)")
    }
    return UInt64(value)
  }

  static let number: @Sendable (String) throws -> Double = { text in
    guard let value = Double(text), value.isFinite else {
      throw Problem(description: "must be a finite number")
    }
    return value
  }

  static let widths: @Sendable (String) throws -> [Int] = { text in
    guard let widths = try? ConfigurationParsing.widths(text) else {
      throw Problem(description: "must be positive widths like 400 or 400,200, or 'none'")
    }
    return widths
  }

  static let bounds: @Sendable (String) throws -> ClosedRange<Double> = { text in
    guard let bounds = try? ConfigurationParsing.bounds(text) else {
      throw Problem(description: "must be two numbers like -6,2, the smaller one first")
    }
    return bounds
  }

  static let sigma: @Sendable (String) throws -> Sigma = { text in
    guard let sigma = try? ConfigurationParsing.sigma(text) else {
      throw Problem(description: "must be \(ConfigurationParsing.sigmaChoices)")
    }
    return sigma
  }

  /// One of a list of names.
  static func name(in names: [String]) -> @Sendable (String) throws -> String {
    { text in
      if names.contains(text) { return text }
      let nearest = NearestName.find(text, in: names).map { "; did you mean '\($0)'?" } ?? ""
      let known =
        names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "")
        + (names.last ?? "")
      throw Problem(description: "must be \(known)" + nearest)
    }
  }

  /// One of the cases of an enumeration, or of some of them.
  static func choice<T: RawRepresentable & CaseIterable & Sendable>(
    _ type: T.Type, _ choices: [T] = Array(T.allCases)
  ) -> @Sendable (String) throws -> T where T.RawValue == String {
    let parse = name(in: choices.map(\.rawValue))
    return { text in
      guard let value = T(rawValue: try parse(text)) else {
        throw Problem(description: "is not known")
      }
      return value
    }
  }

  /// A name or a path: anything but nothing.
  static let path: @Sendable (String) throws -> String = { text in
    guard !text.isEmpty else { throw Problem(description: "must not be empty") }
    return text
  }

  /// A device as `Device.choose` takes it. A flag that follows is no device.
  static let device: @Sendable (String) throws -> String = { text in
    guard !text.hasPrefix("--") else {
      throw Problem(
        description: "must be auto, cpu, a number or a part of a name; the value is missing")
    }
    return try path(text)
  }

  /// The names of the cases of an enumeration, as help lists them.
  static func list<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> String
  where T.RawValue == String {
    T.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// 28x28 or 32x32x3.
  static let imageShape: @Sendable (String) throws -> ImageShape = { text in
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let valid = sizes.compactMap { $0 }.filter { (1...65_536).contains($0) }
    guard valid.count == sizes.count, sizes.count == 2 || sizes.count == 3,
      valid.reduce(1, *) <= 1 << 24
    else {
      throw Problem(description: "must be HEIGHTxWIDTH, such as 28x28, or HEIGHTxWIDTHxCHANNELS")
    }
    return ImageShape(height: valid[0], width: valid[1], channels: valid.count == 3 ? valid[2] : 1)
  }

  /// Two latents like 3,7, or one.
  static let latents: @Sendable (String) throws -> [Int] = { text in
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let valid = parts.compactMap { $0 }.filter { $0 >= 0 }
    guard valid.count == parts.count, (1...2).contains(parts.count), Set(valid).count == parts.count
    else {
      throw Problem(description: "must be two latents, counted from 0, such as 3,7, or one")
    }
    return valid
  }
}
