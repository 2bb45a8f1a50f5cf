import Training
import VAEModels

/// A small configuration of every kind: each registered model, likelihood, scale and objective. A new line in a registry is
/// verified and tested without a new line here.
package struct ModelVariant: Sendable {
  package let configuration: RunConfiguration
  package let description: String

  /// - Parameter base: everything else: widths, length, seed.
  package static func all(_ base: RunConfiguration) -> [ModelVariant] {
    // Smooth ones, so that finite differences hold everywhere.
    let activations: [Activation] = [.tanh, .softplus, .gelu, .sigmoid]
    var variants: [ModelVariant] = []
    func add(_ text: String, _ change: (inout RunConfiguration) -> Void) {
      var configuration = base
      configuration.levels = 5
      (configuration.convolution.channels, configuration.convolution.kernel) = ([3, 4], 3)
      configuration.components = 3
      configuration.activation = activations[variants.count % activations.count]
      change(&configuration)
      guard (try? configuration.validate()) != nil else { return }
      variants.append(
        ModelVariant(
          configuration: configuration,
          description: "\(configuration.model) \(configuration.hidden) "
            + (configuration.layer == .gated ? "gated" : configuration.activation.rawValue)
            + ", \(configuration.likelihood), sigma \(configuration.sigma)\(text)"))
    }
    for model in ModelRegistry.names {
      let implied = ModelRegistry.implied(model)
      for likelihood in LikelihoodRegistry.names {
        let hasScale = LikelihoodRegistry.names(taking: .sigma).contains(likelihood)
        let sigmas = hasScale ? [.fixed(0.7)] + Sigma.named.map(\.sigma) : [Sigma.learned]
        for sigma in sigmas {
          // Several shapes for the first scale of the first model.
          let widths = sigma == sigmas[0] ? [[], [16], [16, 12]] : [[16]]
          for hidden in implied.hidden.map({ [$0] }) ?? widths {
            add("") {
              ($0.model, $0.likelihood, $0.sigma, $0.hidden) = (model, likelihood, sigma, hidden)
            }
          }
        }
      }
      add("") {
        ($0.model, $0.hidden, $0.layer) = (model, implied.hidden ?? [16, 12], .gated)
        $0.logVarianceBounds = -0.3...0.1
      }
    }
    for norm in NormKind.allCases where norm != .none {
      add(", \(norm.rawValue) norm" + (norm == .group ? ", residual, nearest" : "")) {
        ($0.model, $0.hidden) = ("conv", [])
        ($0.convolution.norm, $0.convolution.channels) = (norm, [4, 4])
        guard norm == .group else { return }
        ($0.convolution.residual, $0.convolution.upsampling, $0.convolution.kernel) = (
          1, .nearest, 4
        )
      }
    }
    for objective in objectives {
      add(", \(objective.name), \(objective.kl.rawValue) KL") {
        ($0.hidden, $0.objective) = ([16], objective)
      }
    }
    return variants
  }

  /// Every registered objective with six draws where it takes them, and the ELBO with either KL.
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
}
