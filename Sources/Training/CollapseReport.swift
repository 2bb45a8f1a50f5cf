import Datasets
import Foundation
import LinearAlgebra

/// How many latents a model uses, how many the linear theory gives it, and what to do where the two differ badly.
public struct CollapseReport: Sendable {
  /// Latents with a KL above 0.01 nats; of an auto-encoder those whose means vary by more than that.
  public var active: Int
  public var latents: Int
  /// Eigenvalues of the images' covariance above beta sigma^2, at most one for each latent: what a linear VAE of this sigma would
  /// use (Lucas et al. 2019, section 4). Of a Gaussian likelihood with one sigma over grey images of up to `largestImage`
  /// pixels; nil for others, and where beta does not weigh the KL (capacity).
  public var predicted: Int?
  /// Of the likelihood, where there is a prediction.
  public var sigma: Double?
  /// What to try; nil where there is no need.
  public var advice: String?

  /// Images with more pixels have too large a covariance.
  public static let largestImage = 4096

  /// - Parameter images: those of `evaluation`, or more of the same kind; the first 10,000 count.
  public init(
    _ evaluation: Evaluation, of vae: VAE, _ configuration: RunConfiguration, images: ImageSet
  ) throws {
    latents = vae.configuration.latent
    // Without noise nothing is paid for a latent, and none collapses.
    guard !configuration.takesMeans else {
      active = evaluation.activeUnits
      return
    }
    active = evaluation.activeLatents
    let isGrey = evaluation.binarization == "none"
    if isGrey, configuration.weighsKL, images.pixelsPerImage <= Self.largestImage,
      let sigma = try vae.gaussianSigma()
    {
      predicted = min(
        latents,
        PixelStatistics(images.first(10_000)).countEigenvalues(
          above: configuration.beta * sigma * sigma))
      self.sigma = sigma
    }
    advice = advice(configuration)
  }

  private func advice(_ configuration: RunConfiguration) -> String? {
    let wanted = predicted ?? latents
    // Some latents of a nonlinear model may well be idle; half of what the theory gives, or next to none, is collapse.
    guard active < (predicted == nil ? (latents + 9) / 10 : (wanted + 1) / 2) else {
      guard let predicted, predicted < (latents + 3) / 4,
        case .fixed(let sigma) = configuration.sigma
      else { return nil }
      return "sigma \(sigma) leaves room for \(predicted) of \(latents) latents: learn it "
        + "(--sigma learned) or give a smaller one"
    }
    var steps: [String] = []
    if case .fixed = configuration.sigma, predicted != nil {
      steps.append("learn sigma (--sigma learned)")
    }
    if configuration.beta > 1, configuration.weighsKL {
      steps.append("lower --beta \(configuration.beta)")
    }
    if configuration.betaSchedule == .constant {
      steps.append("warm up (--beta-schedule linear)")
    }
    if configuration.objective.name != "free-bits" {
      steps.append("free bits (--objective free-bits)")
    }
    return "\(active) of \(latents) latents are in use"
      + (predicted.map { ", and the data has room for \($0)" } ?? "")
      + ": the others have collapsed. Try: " + steps.joined(separator: ", ")
  }
}

extension RunConfiguration {
  /// Whether beta is the weight of the KL, not of its distance from a capacity.
  fileprivate var weighsKL: Bool { objective.name != "capacity" }
}

extension VAE {
  /// sigma of a Gaussian likelihood with one for all pixels.
  fileprivate func gaussianSigma() throws -> Double? {
    guard configuration.likelihood == "gaussian" else { return nil }
    switch configuration.sigma {
    case .fixed(let sigma): return sigma
    case .learned, .optimal:
      let named = try namedWeights().first { $0.name == "likelihood.log_sigma" }
      return named?.values.first.map { exp(Double($0)) }
    case .perPixel, .predicted: return nil
    }
  }
}
