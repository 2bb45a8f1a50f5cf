/// Words of commands that a message suggests, quoted so that a shell reads them back as they are.
package enum ShellWord {
  /// `text` as one word of a POSIX shell: unchanged where no character has a meaning, else in single
  /// quotes, and with control characters as `$'…'` of bash, zsh and POSIX.1-2024.
  package static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    if !scalars.isEmpty && scalars.allSatisfy(isPlain) { return text }
    guard scalars.contains(where: isControl) else {
      return "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
    }
    return "$'" + scalars.map(escaped).joined() + "'"
  }

  /// A path as one word that is not taken for a flag: `-x` becomes `./-x`.
  package static func path(_ path: String) -> String {
    quoted(path.hasPrefix("-") ? "./" + path : path)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case "_", "-", ".", "/", "+", "=", ":", ",", "@", "%": true
    default: false
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar.value == 0x7F
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\\": return "\\\\"
    case "'": return "\\'"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case _ where isControl(scalar):
      let digits = String(scalar.value, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    default: return String(scalar)
    }
  }
}
