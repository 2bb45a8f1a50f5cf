import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct BoundedFileTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(arguments: [0, 1, 1 << 18, (1 << 18) + 1])
  func wholeFileIsRead(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try scratch.file("in", bytes)
    #expect(try BoundedFile.read(path, limit: count) == bytes)
    if count > 0 {
      expectFailure(.malformed, ["at most \(count - 1)"]) { () throws(FileError) in
        try BoundedFile.read(path, limit: count - 1)
      }
    }
  }

  @Test func placesWithoutAFileHaveCodes() throws {
    let file = try scratch.file("in", [1])
    let pipe = scratch.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let cases: [(String, FileError.Code, String)] = [
      (scratch.file("none"), .missing, "no such file"), ("\(file)/x", .missing, "no such file"),
      ("", .missing, "no such file"), (scratch.path, .unreadable, "is a directory"),
      (pipe, .unreadable, "not a regular file"), ("a\0b", .unreadable, "a\\u{0}b"),
    ]
    for (path, code, word) in cases {
      expectFailure(code, [word]) { () throws(FileError) in
        try BoundedFile.read(path, limit: 10)
      }
    }
    #expect(FileError.reading("x", errno: EACCES).code == .unreadable)
  }

  @Test(.enabled(if: getuid() != 0, "root may read every file"))
  func fileWithoutPermissionIsUnreadable() throws {
    let path = try scratch.file("in", [1])
    chmod(path, 0)
    expectFailure(.unreadable, ["ermission"]) { () throws(FileError) in
      try BoundedFile.read(path, limit: 10)
    }
  }

  @Test func textMustBeUTF8() throws {
    let good = try scratch.file("good", [UInt8]("grüße".utf8))
    #expect(try BoundedFile.readText(good, limit: 100) == "grüße")
    let bad = try scratch.file("bad", [0x61, 0xFF])
    expectFailure(.malformed, ["UTF-8"]) { () throws(FileError) in
      try BoundedFile.readText(bad, limit: 100)
    }
  }
}
