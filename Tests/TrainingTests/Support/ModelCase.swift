import Testing
import VAEGPU

/// A registered model with a registered likelihood and objective: a new line in a registry is tested without a new line here.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let configuration: RunConfiguration
  let testDescription: String

  static let all = ModelVariant.all(.small).map {
    ModelCase(configuration: $0.configuration, testDescription: $0.description)
  }
}
