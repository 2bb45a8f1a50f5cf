import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct AppendedFileTests {
  let scratch: Scratch
  let file: AppendedFile

  init() throws {
    scratch = try Scratch()
    file = AppendedFile(scratch.file("log"))
  }

  private var text: String {
    get throws { String(decoding: try contents(of: file.path), as: UTF8.self) }
  }

  @Test func linesAreAppendedToWhatIsThere() throws {
    try file.create()
    #expect(try text == "")
    try file.append("a\n")
    try file.create()
    try file.append("b\n")
    try file.synchronize()
    #expect(try text == "a\nb\n")
  }

  @Test func linesGoToTheFileThatIsAtThePathNow() throws {
    try file.append("a\n")
    try FileManager.default.moveItem(atPath: file.path, toPath: scratch.file("old"))
    try file.append("b\n")
    #expect(try text == "b\n")
    #expect(try contents(of: scratch.file("old")) == Array("a\n".utf8))
  }

  @Test func failuresHaveCodes() throws {
    let pipe = scratch.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [scratch.file("none/log"), scratch.path, pipe, "a\0b"] {
      expectFailure(.unwritable, []) { () throws(FileError) in
        try AppendedFile(path).append("x")
      }
    }
    guard FileManager.default.isWritableFile(atPath: "/dev/full") else { return }
    expectFailure(.diskFull, ["/dev/full"]) { () throws(FileError) in
      try AppendedFile("/dev/full").append("x")
    }
  }

  @Test func interruptedCallsAreRepeated() {
    var results: [(Int32, Int32)] = [(-1, EINTR), (-1, EINTR), (7, 0)]
    let call: () -> Int32 = {
      let next = results.removeFirst()
      errno = next.1
      return next.0
    }
    #expect(uninterrupted(call) == 7 && results.isEmpty)
    results = [(-1, EACCES), (7, 0)]
    #expect(uninterrupted(call) == -1 && results.count == 1)
  }
}
