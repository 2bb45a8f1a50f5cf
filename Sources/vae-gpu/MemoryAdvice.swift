/// A command whose flags can make its work smaller.
protocol MemoryAdvising {
  /// What to do where memory is short.
  var memoryAdvice: String { get }
}

extension Train: MemoryAdvising {
  var memoryAdvice: String { "try a smaller --batch-size, --samples, --hidden or --channels" }
}

extension Evaluate: MemoryAdvising {
  var memoryAdvice: String { "try --limit or fewer --samples, or a device with more memory" }
}

extension Bench: MemoryAdvising {
  var memoryAdvice: String { "try a smaller --batch-size or --hidden" }
}

/// For commands that take a model as it is.
enum MemoryAdvice {
  static func text(for command: Any?) -> String {
    (command as? any MemoryAdvising)?.memoryAdvice
      ?? "use a device or a machine with more memory, or a smaller model"
  }
}
