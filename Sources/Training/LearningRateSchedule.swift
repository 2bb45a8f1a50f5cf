import Foundation

/// How the learning rate changes over the epochs.
public enum LearningRateSchedule: String, Sendable, CaseIterable {
  case constant
  /// lr (1 + cos(pi t / E)) / 2 up to E epochs, then 0 (Loshchilov & Hutter 2017, eq. 5, without restarts).
  case cosine
  /// lr 2^(-t / E): halved every E epochs.
  case exponential
  /// lr 10^(-i/7) for 3^i epochs, i = 0 … 7: 3280 epochs (Burda et al. 2016, section 5).
  case staircase

  /// The rate as a part of lr.
  ///
  /// - Parameters:
  ///   - epochs: of training before the step, with the part of the present one.
  ///   - length: E in epochs, positive.
  package func weight(epochs: Double, length: Double) -> Double {
    switch self {
    case .constant: 1
    case .cosine: (1 + cos(.pi * min(1, epochs / length))) / 2
    case .exponential: exp2(-epochs / length)
    case .staircase:
      // Stage i begins after (3^i - 1) / 2 epochs.
      pow(10, -min(floor(log(2 * epochs + 1) / log(3) + 1e-9), 7) / 7)
    }
  }
}
