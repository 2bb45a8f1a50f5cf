/// How the weight of the KL term goes to beta over the epochs.
public enum BetaSchedule: String, Sendable, CaseIterable {
  case constant
  /// beta min(1, t / W): from 0 to beta over the first W epochs (Bowman et al. 2016; Sonderby et al. 2016).
  case linear
  /// The same again and again: W epochs up, W epochs at beta, and from 0 (Fu et al. 2019, with R = 1/2).
  case cyclical

  /// The weight as a part of beta.
  ///
  /// - Parameters:
  ///   - epochs: of training before the step, with the part of the present one.
  ///   - warmup: W in epochs, positive.
  package func weight(epochs: Double, warmup: Double) -> Double {
    switch self {
    case .constant: 1
    case .linear: min(1, epochs / warmup)
    case .cyclical: min(1, epochs.truncatingRemainder(dividingBy: 2 * warmup) / warmup)
    }
  }
}
