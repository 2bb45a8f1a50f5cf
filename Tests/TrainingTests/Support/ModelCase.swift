import Testing
import VAEGPU

/// A registered model with a registered likelihood and objective: a new line in a registry is tested without a new line here.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let configuration: RunConfiguration
  let testDescription: String

  static let all = variants.map {
    ModelCase(configuration: $0.configuration, testDescription: $0.description)
  }

  /// A variant that has become invalid ends the tests: a list that shrinks in silence would pass them.
  private static let variants: [ModelVariant] = {
    do {
      return try ModelVariant.all(.small)
    } catch {
      fatalError("ModelVariant: \(error)")
    }
  }()
}
