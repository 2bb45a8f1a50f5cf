import Compute

/// What tuning found for a device: the fastest variant of each shape that was measured.
package struct GemmVerdicts: Sendable, Equatable, Codable {
  /// Raised when the file's fields, the variants or the kernels change, so that verdicts of other kernels are not believed;
  /// not for a field that may be absent.
  package static let currentVersion = 4

  package struct Entry: Sendable, Equatable, Codable {
    package var shape: GemmShape
    package var variant: GemmVariant
    /// Measured, GFLOP/s.
    package var gflops: Double

    package init(shape: GemmShape, variant: GemmVariant, gflops: Double) {
      self.shape = shape
      self.variant = variant
      self.gflops = gflops
    }
  }

  package var version = currentVersion
  package var platform: String
  package var device: String
  package var driver: String
  package var entries: [Entry]
  /// CLBlast's parameters; nil: never tuned.
  package var clblast: CLBlastParameters?

  package init(
    for info: DeviceInfo, entries: [Entry] = [], clblast: CLBlastParameters? = nil
  ) {
    platform = info.platform
    device = info.name
    driver = info.driver
    self.entries = entries
    self.clblast = clblast
  }

  /// The variant for a shape: its own verdict, else that of the most similar shape of the same layout.
  package func variant(for shape: GemmShape) -> GemmVariant? {
    entries.min { $0.shape.distance(to: shape) < $1.shape.distance(to: shape) }
      .flatMap { $0.shape.distance(to: shape) < .infinity ? $0.variant : nil }
  }

  /// The same where it keeps a precision and an order; nil where it does not.
  func variant(
    for shape: GemmShape, _ precision: Precision, _ order: SummationOrder
  ) -> GemmVariant? {
    guard precision == .fp32, let variant = variant(for: shape) else { return nil }
    return order == .exact && !variant.keepsOrder ? nil : variant
  }

  package func hasVerdict(for shape: GemmShape) -> Bool { entries.contains { $0.shape == shape } }

  /// Later entries replace earlier ones of the same shape.
  package mutating func merge(_ other: [Entry]) {
    let shapes = Set(other.map(\.shape))
    entries = entries.filter { !shapes.contains($0.shape) } + other
  }
}

/// A variant in a file is its numbers in order: "clblast", "panel 12 16 512 132 4", "tiled 64 64 16
/// 4 4 1".
extension GemmVariant: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let variant = GemmVariant(text: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "unknown variant '\(text)'")
    }
    self = variant
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  package var text: String {
    switch self {
    case .clblast: "clblast"
    case .panel(let rows, let vector, let depth, let groupRows, let panels):
      "panel \(rows) \(vector) \(depth) \(groupRows) \(panels)"
    case .tiled(let m, let n, let k, let rows, let columns, let split):
      "tiled \(m) \(n) \(k) \(rows) \(columns) \(split)"
    case .matrix(let m, let n, let k, let rows, let columns, let split, let lanes):
      "matrix \(m) \(n) \(k) \(rows) \(columns) \(split)" + (lanes == 32 ? "" : " \(lanes)")
    }
  }

  /// nil for what no kernel of this version can be.
  package init?(text: String) {
    let words = text.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int($0) }
    guard numbers.count == words.count - 1, numbers.allSatisfy({ (1...4096).contains($0) })
    else { return nil }
    switch (words.first, numbers.count) {
    case ("clblast", 0): self = .clblast
    case ("panel", 5) where (5...16).contains(numbers[0]) && [8, 16].contains(numbers[1]):
      self = .panel(
        rows: numbers[0], vector: numbers[1], depth: numbers[2], groupRows: numbers[3],
        panels: numbers[4])
    case ("tiled", 6)
    where numbers[0] % numbers[3] == 0 && numbers[1] % numbers[4] == 0
      && [numbers[2], numbers[3], numbers[4]].allSatisfy({ $0 % 4 == 0 }):
      self = .tiled(
        m: numbers[0], n: numbers[1], k: numbers[2], rows: numbers[3], columns: numbers[4],
        split: numbers[5])
    case ("matrix", 6...7)
    where numbers[0] % numbers[3] == 0 && numbers[1] % numbers[4] == 0 && numbers[2] % 16 == 0
      && numbers[3] % (numbers.count == 6 || numbers[6] == 64 ? 16 : 8) == 0
      && numbers[4] % 8 == 0 && (numbers.count == 6 || [8, 16, 64].contains(numbers[6])):
      self = .matrix(
        m: numbers[0], n: numbers[1], k: numbers[2], rows: numbers[3], columns: numbers[4],
        split: numbers[5], lanes: numbers.count == 7 ? numbers[6] : 32)
    default: return nil
    }
    guard isReasonable else { return nil }
  }

  /// Whether a compiler and a device can be expected to take the kernel, however small or large they are.
  private var isReasonable: Bool {
    switch self {
    case .clblast: true
    case .panel(let rows, _, let depth, let groupRows, let panels):
      // Panels of few values of k leave a compiler loops of no use, over which it can take minutes.
      (8...1024).contains(depth) && groupRows >= rows && panels <= 64
    case .tiled(let m, let n, let k, _, _, let split),
      .matrix(let m, let n, let k, _, _, let split, _):
      // A work-item's sums, and the fused multiply-adds of its unrolled loop: a compiler takes
      // minutes for 50,000.
      items <= 1024 && m * n / items <= 256 && m * n * k / items <= 1 << 12 && split <= 256
        && localByteCount(.tf32, nil) <= 1 << 17
    }
  }
}
