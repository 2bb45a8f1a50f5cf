/// The likelihoods by the name that `--likelihood` takes.
public enum LikelihoodRegistry {
  package static let all: [(name: String, make: @Sendable (ModelConfiguration) -> any Likelihood)] =
    [
      ("bernoulli", { BernoulliLikelihood($0) }),
      ("continuous-bernoulli", { ContinuousBernoulliLikelihood($0) }),
      ("gaussian", { GaussianLikelihood($0) }),
      ("laplace", { LaplaceLikelihood($0) }),
      ("categorical", { CategoricalLikelihood($0) }),
      ("logistic", { LogisticLikelihood($0) }),
      ("logistic-mixture", { LogisticMixtureLikelihood($0) }),
    ]

  public static var names: [String] { all.map(\.name) }

  /// The likelihoods that take a setting.
  public static func names(taking setting: LikelihoodSetting) -> [String] {
    let image = ImageShape(height: 1, width: 1)
    return all.filter { $0.make(ModelConfiguration(image: image)).settings.contains(setting) }
      .map(\.name)
  }

  /// Whether a likelihood is of binary pixels; false for an unknown name.
  package static func isBinary(_ configuration: ModelConfiguration) -> Bool {
    names.contains(configuration.likelihood) && make(configuration).isBinary
  }

  package static func make(_ configuration: ModelConfiguration) -> any Likelihood {
    guard let entry = all.first(where: { $0.name == configuration.likelihood }) else {
      preconditionFailure("no likelihood \(configuration.likelihood)")
    }
    return entry.make(configuration)
  }
}
