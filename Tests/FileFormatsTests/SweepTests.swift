import FileFormats
import Foundation
import TestSupport
import Testing

/// Temporary files of processes that were killed.
@Suite struct SweepTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The number of a process that has ended.
  private static func ended() throws -> pid_t {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    return process.processIdentifier
  }

  private func setAge(_ name: String, seconds: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: scratch.file(name))
  }

  @Test func filesOfEndedProcessesGoAndAllOthersStay() throws {
    let gone = ".writing-\(try Self.ended())-1abz.tmp"
    // A process has this number, and the file is older than it: the number was given again.
    let reused = ".writing-\(getpid())-old.tmp"
    let kept = [
      ".writing-\(getpid())-new.tmp", ".writing-1-x.tmp", ".writing-0-x.tmp", ".writing--5-x.tmp",
      ".writing-x-y.tmp", ".writing-99999999999-x.tmp", ".writing-7.tmp", ".writing-7-.tmp",
      ".writing-7-a-b.tmp", "writing-7-a.tmp", ".writing-7-a.tmp2", "samples.png",
    ]
    for name in kept + [gone, reused] { _ = try scratch.file(name, [1]) }
    try setAge(reused, seconds: 1e6)
    mkdir(scratch.file(".writing-\(try Self.ended())-folder.tmp"), 0o700)
    AtomicFile.sweep(scratch.path)
    let names = scratch.contents
    #expect(!names.contains(gone) && !names.contains(reused))
    #expect(kept.allSatisfy(names.contains) && names.count == kept.count + 1, "\(names)")
    AtomicFile.sweep(scratch.file("none"))
  }

  @Test func aFileThatIsBeingWrittenStays() throws {
    let path = scratch.file("out")
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try file.append([1])
      AtomicFile.sweep(scratch.path)
      try file.append([2])
    }
    #expect(try contents(of: path) == [1, 2])
    #expect(scratch.contents == ["out"])
  }
}
