/// An argument that a call of the library cannot take, such as an array of another length.
public struct ArgumentError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call and its argument, such as `encode(images)`.
  public let call: String
  /// What is wrong, without a full stop.
  public let problem: String

  /// The error of a call.
  public init(_ call: String, _ problem: String) {
    self.call = call
    self.problem = problem
  }

  public var description: String { "\(call): \(problem)" }

  /// Throws unless a condition holds.
  package static func check(
    _ holds: Bool, _ call: @autoclosure () -> String, _ problem: @autoclosure () -> String
  ) throws(ArgumentError) {
    guard holds else { throw ArgumentError(call(), problem()) }
  }
}
