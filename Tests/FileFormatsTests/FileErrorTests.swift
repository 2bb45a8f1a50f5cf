import FileFormats
import Testing

@Suite struct FileErrorTests {
  @Test func descriptionIsPathProblemAndAdvice() {
    let plain = FileError(.missing, path: "a/b", problem: "no such file")
    #expect(plain.description == "a/b: no such file")
    let advised = FileError(.missing, path: "a/b", problem: "no such file", advice: "make it")
    #expect(advised.description == "a/b: no such file; make it")
    #expect(advised.localizedDescription == advised.description)
  }

  static let escapes: [(String, String)] = [
    ("a\nb", "a\\nb"), ("a\tb\r", "a\\tb\\r"), ("\u{1B}[31m", "\\u{1b}[31m"),
    ("\u{7F}\u{85}", "\\u{7f}\\u{85}"), ("\u{2028}\u{202E}", "\\u{2028}\\u{202e}"),
    ("größe 图", "größe 图"), ("", ""), ("\0", "\\u{0}"),
  ]

  @Test(arguments: escapes)
  func textIsEscaped(_ text: String, _ escaped: String) {
    #expect(FileError.escaped(text, limit: 100) == escaped)
    #expect(FileError.quoted(text) == "\"\(escaped)\"")
  }

  @Test func longTextIsCut() {
    let long = String(repeating: "x", count: 10_000)
    #expect(FileError.quoted(long, limit: 5) == "\"xxxxx…\"")
    #expect(FileError(.malformed, path: long, problem: long, advice: long).description.count < 1600)
  }

  @Test func hostilePathStaysOnOneLine() {
    let error = FileError(.missing, path: "a\n\u{1B}b", problem: "p\nq", advice: "r\ns")
    #expect(error.description == "a\\n\\u{1b}b: p\\nq; r\\ns")
  }
}
