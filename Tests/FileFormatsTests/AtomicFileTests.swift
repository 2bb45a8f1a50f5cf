import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func everyFormWritesTheSameBytes() throws {
    let path = scratch.file("out")
    let bytes = [UInt8]("grüße\n".utf8)
    try AtomicFile.write(bytes, to: path)
    #expect(try contents(of: path) == bytes)
    try AtomicFile.write("grüße\n", to: path)
    #expect(try contents(of: path) == bytes)
    try AtomicFile.write(Data(bytes), to: path)
    #expect(try contents(of: path) == bytes)
    try bytes.withUnsafeBytes { buffer in
      let chunks = [
        UnsafeRawBufferPointer(rebasing: buffer[..<3]),
        UnsafeRawBufferPointer(start: nil, count: 0),
        UnsafeRawBufferPointer(rebasing: buffer[3...]),
      ]
      try AtomicFile.write(chunks, to: path)
    }
    #expect(try contents(of: path) == bytes)
    try AtomicFile.write("", to: path)
    #expect(try contents(of: path) == [])
    #expect(scratch.contents == ["out"])
  }

  @Test func relativePathIsInTheWorkingDirectory() throws {
    let name = "atomic-file-\(UUID().uuidString)"
    defer { unlink(name) }
    try AtomicFile.write("x", to: name)
    #expect(try contents(of: name) == [UInt8(ascii: "x")])
  }

  @Test func failureKeepsTheOldFileAndLeavesNothing() throws {
    let path = scratch.file("out")
    try AtomicFile.write("old", to: path)
    expectFailure(.mismatch, ["stopped"]) { () throws(FileError) in
      try AtomicFile.write(to: path) { (file) throws(FileError) in
        try file.append([UInt8](repeating: 1, count: 100_000))
        throw FileError(.mismatch, path: path, problem: "stopped")
      }
    }
    #expect(try contents(of: path) == [UInt8]("old".utf8))
    #expect(scratch.contents == ["out"])
  }

  @Test func existingPermissionsStay() throws {
    let path = scratch.file("out")
    try AtomicFile.write("old", to: path)
    chmod(path, 0o640)
    try AtomicFile.write("new", to: path)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
  }

  @Test func symbolicLinkIsFollowed() throws {
    let path = try scratch.file("target", [1])
    #expect(symlink("target", scratch.file("link")) == 0)
    try AtomicFile.write([2], to: scratch.file("link"))
    #expect(try contents(of: path) == [2])
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.file("link"))
    #expect(attributes[.type] as? FileAttributeType == .typeSymbolicLink)
  }

  @Test func unwritablePlacesAreRefused() throws {
    let file = try scratch.file("file", [1])
    let missing = scratch.file("none/x")
    expectFailure(.unwritable, ["directory first"]) { () throws(FileError) in
      try AtomicFile.write([1], to: missing)
    }
    for path in ["\(file)/x", scratch.path, "/dev/null", "", "a\0b"] {
      expectFailure(.unwritable, []) { () throws(FileError) in
        try AtomicFile.write([1], to: path)
      }
    }
    #expect(scratch.contents == ["file"])
    #expect(try contents(of: file) == [1])
  }

  /// Linux's device that is always full.
  @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/full"), "no /dev/full"))
  func fullDiskIsItsOwnError() {
    expectFailure(.diskFull, ["out", "free some space"]) { () throws(FileError) in
      let file = OpenFile(owning: open("/dev/full", O_WRONLY))
      try [UInt8](repeating: 1, count: 10).withUnsafeBufferPointer { (buffer) throws(FileError) in
        try file.writeAll(UnsafeRawBufferPointer(buffer), path: "out")
      }
    }
  }

  @Test(arguments: [ENOENT, EACCES, EROFS, EIO, EFBIG, ENAMETOOLONG])
  func failuresOfCreatingAndOfWritingHaveCodes(_ number: Int32) {
    #expect(FileError.creating("x", errno: number).code == .unwritable)
    for step in ["write", "fsync", "rename", "close", "chmod"] {
      let error = FileError.writing("x", step: step, errno: number)
      #expect(error.code == .writeFailed && error.problem.contains(step))
    }
  }

  @Test(arguments: [ENOSPC, EDQUOT]) func aFullDiskHasACode(_ number: Int32) {
    #expect(FileError.creating("x", errno: number).code == .diskFull)
    #expect(FileError.writing("x", step: "write", errno: number).code == .diskFull)
  }

  @Test func updateLeavesAFileThatHoldsTheBytes() throws {
    func inode() throws -> ino_t {
      var status = stat()
      try #require(stat(scratch.file("out"), &status) == 0)
      return status.st_ino
    }
    for bytes in [[1, 2, 3], [1, 2], [1, 3], []] as [[UInt8]] {
      try AtomicFile.update(bytes, at: scratch.file("out"))
      #expect(try contents(of: scratch.file("out")) == bytes)
      let before = try inode()
      try AtomicFile.update(bytes, at: scratch.file("out"))
      #expect(try inode() == before)
    }
    expectFailure(.unwritable, []) { () throws(FileError) in
      try AtomicFile.update([1], at: scratch.file("none/out"))
    }
  }

  @Test func concurrentWritersLeaveOneWholeFile() async throws {
    let path = scratch.file("out")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value in UInt8(0)..<8 {
        group.addTask { try AtomicFile.write([UInt8](repeating: value, count: 50_000), to: path) }
      }
      try await group.waitForAll()
    }
    let bytes = try contents(of: path)
    #expect(bytes.count == 50_000 && Set(bytes).count == 1)
    #expect(scratch.contents == ["out"])
  }
}
