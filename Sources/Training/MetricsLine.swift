import FileFormats

/// One line of `metrics.jsonl`: figures in nats per image, and what they are.
public struct MetricsLine: Sendable, Equatable {
  public var step: Int
  /// The epoch the step belongs to, from 1.
  public var epoch: Int
  /// "train": the mean over the steps since the last line; "validation" or "test": the whole set.
  public var split: String
  public var elbo: Double
  public var logLikelihood: Double
  public var kl: Double
  public var beta: Double
  public var bound: String
  public var binarization: String
  public var imagesPerSecond: Double
  /// Seconds of the run; a resumed run counts on from its last line.
  public var seconds: Double
  /// The training loss -log_likelihood + beta kl; train lines only.
  public var loss: Double?
  /// The gradient norm of the last step; train lines only.
  public var gradientNorm: Double?

  public var json: String {
    var members = [
      JSONValue.Member("step", .number("\(step)")), JSONValue.Member("epoch", .number("\(epoch)")),
      JSONValue.Member("split", .string(split)), Self.number("elbo", elbo),
      Self.number("log_likelihood", logLikelihood), Self.number("kl", kl),
      Self.number("beta", beta), JSONValue.Member("bound", .string(bound)),
      JSONValue.Member("binarization", .string(binarization)),
      Self.number("images_per_s", imagesPerSecond), Self.number("seconds", seconds),
    ]
    if let loss { members.append(Self.number("loss", loss)) }
    if let gradientNorm { members.append(Self.number("gradient_norm", gradientNorm)) }
    return JSONValue.object(members).text
  }

  static func number(_ name: String, _ value: Double) -> JSONValue.Member {
    JSONValue.Member(name, value.isFinite ? .number("\(value)") : .null)
  }
}
