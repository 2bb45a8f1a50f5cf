import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct DirectoryClaimTests {
  let scratch: Scratch
  let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.file("run")
    try #require(mkdir(path, 0o700) == 0)
  }

  @Test func aClaimedDirectoryCannotBeClaimed() throws {
    let claim = try #require(try DirectoryClaim(path))
    expectFailure(.inUse, [path, "another process"]) { () throws(FileError) in
      try DirectoryClaim(path)
    }
    try claim.check()
    withExtendedLifetime(claim) {}
  }

  @Test func aClaimEndsWithItsValue() throws {
    for _ in 0..<2 {
      let claim = try #require(try DirectoryClaim(path))
      try claim.check()
    }
    #expect(try DirectoryClaim(scratch.file("none")) == nil)
  }

  @Test func aClaimEndsAlthoughAProcessBeingStartedHasACopyOfItsDescriptor() throws {
    var claim = try DirectoryClaim(path)
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let number = try #require(
      numbers.first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
      })
    let copy = dup(try #require(Int32(number)))
    try #require(copy >= 0)
    defer { close(copy) }
    #expect(claim != nil)
    claim = nil
    #expect(try DirectoryClaim(path) != nil)
  }

  @Test func aDirectoryThatHasGoneIsNoticed() throws {
    let claim = try #require(try DirectoryClaim(path))
    try FileManager.default.moveItem(atPath: path, toPath: scratch.file("elsewhere"))
    expectFailure(.writeFailed, [path, "removed or renamed"]) { () throws(FileError) in
      try claim.check()
    }
    // Another one in its place is not the same.
    try #require(mkdir(path, 0o700) == 0)
    expectFailure(.writeFailed, [path]) { () throws(FileError) in try claim.check() }
    rmdir(path)
    try FileManager.default.moveItem(atPath: scratch.file("elsewhere"), toPath: path)
    try claim.check()
  }
}
