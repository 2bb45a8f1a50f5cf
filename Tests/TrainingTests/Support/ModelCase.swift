import Testing
import VAEGPU

/// A registered model with a registered likelihood: a new line in a registry is tested without a new line here.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let model: String
  let likelihood: String
  let sigma: Sigma
  let hidden: [Int]
  let activation: Activation

  static let all: [ModelCase] = {
    // Smooth ones, so that finite differences hold everywhere.
    let activations: [Activation] = [.tanh, .softplus, .gelu, .sigmoid]
    var cases: [ModelCase] = []
    for model in ModelRegistry.names {
      for likelihood in LikelihoodRegistry.names {
        let sigmas = sigmas(model, likelihood)
        for sigma in sigmas {
          for hidden in sigma == sigmas[0] ? [[], [16], [16, 12]] : [[16]] {
            let activation = activations[cases.count % activations.count]
            cases.append(
              ModelCase(
                model: model, likelihood: likelihood, sigma: sigma, hidden: hidden,
                activation: activation))
          }
        }
      }
    }
    return cases
  }()

  /// Those that the likelihood takes.
  private static func sigmas(_ model: String, _ likelihood: String) -> [Sigma] {
    var configuration = RunConfiguration.small
    configuration.model = model
    configuration.likelihood = likelihood
    guard LikelihoodRegistry.names(taking: .sigma).contains(likelihood) else { return [.learned] }
    return ([.fixed(0.7)] + Sigma.named.map(\.sigma)).filter {
      configuration.sigma = $0
      return (try? configuration.validate()) != nil
    }
  }

  var configuration: RunConfiguration {
    var configuration = RunConfiguration.small
    configuration.levels = 5
    configuration.components = 3
    configuration.model = model
    configuration.likelihood = likelihood
    configuration.sigma = sigma
    configuration.hidden = hidden
    configuration.activation = activation
    return configuration
  }

  var testDescription: String {
    "\(model) \(hidden) \(activation.rawValue), \(likelihood), sigma \(sigma)"
  }
}
