import FileFormats
import Foundation
import Testing

/// Quoted words come back from a shell as they went in.
struct ShellWordTests {
  private static let texts = [
    "runs/vae-1", "", "sp ace/r 1", "it's", "''", "a\"b", "$HOME", "`id`", "a;b", "*", "~", "#x",
    "a\\b", "tab\there", "line\nbreak", "bell\u{7}and'quote\\", "día/数", "a&b|c<d>e(f)", "x=y",
    "!1",
  ]

  @Test("A shell reads a quoted word as the text itself", arguments: texts)
  func roundTrip(text: String) throws {
    // $'…' is known to bash, not to every /bin/sh.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "printf %s " + ShellWord.quoted(text)]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self) == text)
  }

  @Test("Plain words stay as they are, and a path is never taken for a flag")
  func plain() {
    #expect(ShellWord.quoted("runs/vae-1_x.png") == "runs/vae-1_x.png")
    #expect(ShellWord.path("runs/a b") == "'runs/a b'")
    #expect(ShellWord.path("-x") == "./-x")
  }

  @Test("A word with control characters takes one line")
  func oneLine() { #expect(ShellWord.quoted("a\nb\u{1B}[0m") == "$'a\\nb\\033[0m'") }
}
