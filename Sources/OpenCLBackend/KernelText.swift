/// The text of the operations' kernels, out of which a program takes those that it needs: a compiler that makes all of them
/// takes several times as long as a step's own.
package struct KernelText: Sendable {
  private enum Piece {
    /// What any kernel may use.
    case shared(Substring)
    /// `KERNEL(name, ...) { ... }` or `ROW_KERNEL(...)`.
    case kernel(name: Substring, Substring)
    /// A line such as `ONE_HEAD(bernoulli)`, which makes kernels whose names contain the argument.
    case family(argument: Substring, Substring)
  }

  private let pieces: [Piece]

  /// - Parameter text: kernels that begin in the first column and end with a `}` there.
  package init(_ text: String) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let end = rest.firstIndex(of: "\n") {
      let line = rest[..<end]
      if let (macro, argument) = Self.invocation(line) {
        if macro.hasSuffix("KERNEL") {
          let close = rest.firstRange(of: "\n}\n")
          let stop = close?.upperBound ?? rest.endIndex
          pieces.append(.kernel(name: argument, rest[..<stop]))
          rest = rest[stop...]
          continue
        }
        pieces.append(.family(argument: argument, line + "\n"))
      } else {
        pieces.append(.shared(line + "\n"))
      }
      rest = rest[rest.index(after: end)...]
    }
    self.pieces = pieces + [.shared(rest)]
  }

  /// The macro and the first argument of a line such as `KERNEL(add, ...`; nil for other lines.
  private static func invocation(_ line: Substring) -> (Substring, Substring)? {
    guard let first = line.first, first.isASCII, first.isUppercase,
      let open = line.firstIndex(of: "(")
    else { return nil }
    let macro = line[..<open]
    guard macro.allSatisfy({ $0.isUppercase || $0 == "_" }) else { return nil }
    let argument = line[line.index(after: open)...].prefix {
      $0.isLetter || $0.isNumber || $0 == "_"
    }
    return argument.isEmpty ? nil : (macro, argument)
  }

  /// The text with the named kernels, and those that come with them.
  ///
  /// - Parameter parameters: written in front of the parameters of every kernel. (OpenCL C has no
  ///   variadic macros that could.)
  package func selecting(_ names: Set<String>, parameters: String = "") -> String {
    let text = pieces.map { piece -> Substring in
      switch piece {
      case .shared(let text): text
      case .kernel(let name, let text): names.contains(String(name)) ? text : ""
      case .family(let argument, let text):
        names.contains { $0.contains(argument) } ? text : ""
      }
    }.joined()
    return parameters.isEmpty ? text : Self.adding(parameters, to: text)
  }

  /// The text with `parameters` behind the second parenthesis of every `KERNEL(name, (`, also where
  /// a macro writes the name.
  private static func adding(_ parameters: String, to text: String) -> String {
    let parts = text.split(separator: "KERNEL(", omittingEmptySubsequences: false)
    return parts.dropFirst().reduce(String(parts.first ?? "")) { text, part in
      let head = part.prefix { $0 != "(" && $0 != ")" }
      guard head.contains(","), part[head.endIndex...].first == "(" else {
        return text + "KERNEL(" + part
      }
      return text + "KERNEL(" + head + "(" + parameters + part[head.endIndex...].dropFirst()
    }
  }
}
