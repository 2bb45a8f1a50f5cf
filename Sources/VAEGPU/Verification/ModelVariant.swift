import Training
import VAEModels

/// A small configuration of every kind: each registered model, likelihood, scale and objective. A new line in a registry is
/// verified and tested without a new line here.
package struct ModelVariant: Sendable {
  package let configuration: RunConfiguration
  package let description: String

  /// Lists the variants. Combinations without a meaning are left out by rule; an error of `validate` is never dropped.
  ///
  /// - Parameter base: everything else: widths, length, seed.
  /// - Throws: `ConfigurationError` for the first variant that is not a valid configuration.
  package static func all(_ base: RunConfiguration) throws(ConfigurationError) -> [ModelVariant] {
    // Smooth ones, so that finite differences hold everywhere.
    let activations: [Activation] = [.tanh, .softplus, .gelu, .sigmoid]
    var variants: [ModelVariant] = []
    func add(_ text: String, _ change: (inout RunConfiguration) -> Void) throws(ConfigurationError)
    {
      var configuration = base
      configuration.levels = 5
      (configuration.convolution.channels, configuration.convolution.kernel) = ([3, 4], 3)
      configuration.components = 3
      configuration.activation = activations[variants.count % activations.count]
      change(&configuration)
      let description =
        "\(configuration.model) \(configuration.hidden) "
        + (configuration.layer == .gated ? "gated" : configuration.activation.rawValue)
        + ", \(configuration.likelihood), sigma \(configuration.sigma)\(text)"
      do {
        try configuration.validate()
      } catch {
        throw ConfigurationError(key: error.key, problem: "\(description): \(error.problem)")
      }
      variants.append(ModelVariant(configuration: configuration, description: description))
    }
    for model in ModelRegistry.names {
      let implied = ModelRegistry.implied(model)
      // A fitted model has one likelihood with one scale, and no layers to be gated.
      let isFitted = ModelRegistry.isLinear(model)
      for likelihood in isFitted ? ["gaussian"] : LikelihoodRegistry.names {
        let sigmas = isFitted ? [.learned] : sigmas(of: likelihood)
        for sigma in sigmas {
          // Several shapes for the first scale of the first model.
          let widths = sigma == sigmas[0] ? [[], [16], [16, 12]] : [[16]]
          for hidden in implied.hidden.map({ [$0] }) ?? widths {
            try add("") {
              ($0.model, $0.likelihood, $0.sigma, $0.hidden) = (model, likelihood, sigma, hidden)
            }
          }
        }
      }
      guard !isFitted else { continue }
      try add("") {
        ($0.model, $0.hidden, $0.layer) = (model, implied.hidden ?? [16, 12], .gated)
        $0.logVarianceBounds = -0.3...0.1
      }
    }
    for norm in NormKind.allCases where norm != .none {
      try add(", \(norm.rawValue) norm" + (norm == .group ? ", residual, nearest" : "")) {
        ($0.model, $0.hidden) = ("conv", [])
        ($0.convolution.norm, $0.convolution.channels) = (norm, [4, 4])
        guard norm == .group else { return }
        // Maps of 3 x 3: a group of one or two values is normalised to constants or near-steps.
        $0.convolution.stride = 1
        ($0.convolution.residual, $0.convolution.upsampling, $0.convolution.kernel) = (
          1, .nearest, 4
        )
      }
    }
    for objective in objectives {
      try add(", \(objective.name), \(objective.kl.rawValue) KL") {
        ($0.hidden, $0.objective) = ([16], objective)
      }
    }
    return variants
  }

  /// The scales that a likelihood takes; `.learned` for one without a scale.
  private static func sigmas(of likelihood: String) -> [Sigma] {
    guard LikelihoodRegistry.names(taking: .sigma).contains(likelihood) else { return [.learned] }
    // The optimal scale has a closed form for a gaussian only.
    let named = Sigma.named.map(\.sigma).filter { $0 != .optimal || likelihood == "gaussian" }
    return [.fixed(0.7)] + named
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
