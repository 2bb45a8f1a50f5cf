import FileFormats
import Foundation
import VAEGPU

/// Numbers and figures as text.
enum Formatting {
  static func decimal(_ value: Double, _ digits: Int = 2) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "\(value)"
  }

  /// " ± 0.012"; nothing where an error is unknown.
  static func error(_ value: Double) -> String { value.isFinite ? " ± \(decimal(value, 3))" : "" }

  /// "0:42", "12:05" or "1:02:03".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "?" }
    let total = Int(seconds.rounded())
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest)
      : String(format: "%d:%02d", minutes, rest)
  }

  static func bytes(_ count: UInt64) -> String {
    let gibibytes = Double(count) / Double(1 << 30)
    return gibibytes >= 1
      ? decimal(gibibytes, 1) + " GiB" : decimal(Double(count) / Double(1 << 20), 0) + " MiB"
  }

  /// "ELBO -242.31", or "loss (soft targets) 242.31" where the figure is no likelihood.
  static func bound(_ elbo: Double, _ bound: String) -> String {
    switch bound {
    case "loss": "loss (soft targets) \(decimal(-elbo))"
    case "reconstruction": "reconstruction \(decimal(elbo))"
    default: "ELBO \(decimal(elbo))"
    }
  }

  /// The parts of the figure.
  static func parts(_ logLikelihood: Double, _ kl: Double, _ bound: String) -> String {
    if bound == "reconstruction" { return "(ln p(x|z) at the posterior mean)" }
    let first =
      bound == "loss"
      ? "cross-entropy \(decimal(-logLikelihood))" : "log-likelihood \(decimal(logLikelihood))"
    return "(\(first), KL \(decimal(kl)))"
  }

  /// "ELBO -242.31 nats/image (log-likelihood -224.10, KL 18.21)".
  static func figure(_ line: MetricsLine) -> String {
    bound(line.elbo, line.bound) + " nats/image "
      + parts(line.logLikelihood, line.kl, line.bound)
  }

  /// The same with its standard error.
  static func figure(_ evaluation: Evaluation) -> String {
    bound(evaluation.elbo, evaluation.bound)
      + error(evaluation.standardError) + " nats/image "
      + parts(evaluation.logLikelihood, evaluation.kl, evaluation.bound)
  }

  static func binarization(_ name: String) -> String {
    switch name {
    case "soft": "soft targets (grey pixels under a Bernoulli likelihood)"
    case "none": "no binarisation"
    default: "\(name) binarisation"
    }
  }

  /// Rows of cells in columns; from `rightFrom` on they are numbers and end at one line.
  static func table(_ rows: [[String]], rightFrom: Int = .max) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell -> String in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column >= rightFrom { return padding + cell }
        return column == row.count - 1 ? cell : cell + padding
      }
      return cells.joined(separator: "  ")
    }
  }
}

/// Members of JSON objects.
extension JSONValue.Member {
  static func text(_ name: String, _ value: String) -> Self { Self(name, .string(value)) }
  static func integer(_ name: String, _ value: Int) -> Self { Self(name, .number("\(value)")) }

  /// null for what JSON has no number for.
  static func number(_ name: String, _ value: Double?) -> Self {
    Self(name, JSONValue(value))
  }
}

extension JSONValue {
  init(_ value: Double?) {
    self = value.flatMap { $0.isFinite ? .number("\($0)") : nil } ?? .null
  }
}
