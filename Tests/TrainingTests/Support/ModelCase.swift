import Testing
import VAEGPU

/// A registered model with a registered likelihood: a new line in a registry is tested without a new line here.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let model: String
  let likelihood: String
  let sigma: Sigma
  let hidden: [Int]
  let activation: Activation
  var layer = LayerKind.plain
  var objective = ObjectiveConfiguration()

  static let all: [ModelCase] = {
    // Smooth ones, so that finite differences hold everywhere.
    let activations: [Activation] = [.tanh, .softplus, .gelu, .sigmoid]
    var cases: [ModelCase] = []
    for model in ModelRegistry.names {
      for likelihood in LikelihoodRegistry.names {
        let sigmas = sigmas(model, likelihood)
        for sigma in sigmas {
          let widths = sigma == sigmas[0] ? [[], [16], [16, 12]] : [[16]]
          for hidden in ModelRegistry.isLinear(model) ? [[]] : widths {
            let activation = activations[cases.count % activations.count]
            cases.append(
              ModelCase(
                model: model, likelihood: likelihood, sigma: sigma, hidden: hidden,
                activation: activation))
          }
        }
      }
    }
    for model in ModelRegistry.names {
      cases.append(
        ModelCase(
          model: model, likelihood: "bernoulli", sigma: .learned, hidden: [16, 12],
          activation: .tanh, layer: .gated))
      for objective in objectives {
        cases.append(
          ModelCase(
            model: model, likelihood: "bernoulli", sigma: .learned, hidden: [16],
            activation: .tanh, objective: objective))
      }
    }
    return cases.filter { (try? $0.configuration.validate()) != nil }
  }()

  /// Every registered objective with six draws, and the ELBO with either KL.
  private static let objectives = ObjectiveRegistry.names.flatMap { name in
    ObjectiveConfiguration.KLEstimator.allCases.prefix(name == "elbo" ? 2 : 1).map { kl in
      var objective = ObjectiveConfiguration()
      objective.name = name
      objective.samples = ObjectiveRegistry.namesTakingMeans.contains(name) ? 1 : 6
      objective.groups = 2
      objective.mixing = 0.3
      objective.kl = kl
      return objective
    }
  }

  /// Those that the likelihood takes.
  private static func sigmas(_ model: String, _ likelihood: String) -> [Sigma] {
    var configuration = RunConfiguration.small
    configuration.model = model
    configuration.likelihood = likelihood
    configuration.adaptToModel(given: ["likelihood"])
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
    configuration.objective = objective
    configuration.layer = layer
    if layer == .gated { configuration.logVarianceBounds = -0.3...0.1 }
    return configuration
  }

  var testDescription: String {
    "\(model) \(hidden) \(layer == .gated ? "gated" : activation.rawValue), \(likelihood), sigma \(sigma)"
      + (objective == ObjectiveConfiguration()
        ? "" : ", \(objective.name), \(objective.kl.rawValue) KL")
  }
}
