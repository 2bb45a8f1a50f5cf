import Foundation
import Testing
import VAEGPU

struct RunDirectoryTests {
  @Test("A new run has its folders and open() finds it once it has a configuration")
  func createAndOpen() throws {
    let scratch = try Scratch()
    let run = try RunDirectory.create(scratch.file("a/b/run"))
    #expect(FileManager.default.fileExists(atPath: scratch.file("a/b/run/checkpoints")))
    expectFileError(.missing, ["config.toml"]) { _ = try RunDirectory.open(run.path) }
    try Data().write(to: URL(fileURLWithPath: run.configuration))
    #expect(try RunDirectory.open(run.path).path == run.path)
    expectFileError(.missing, ["no such run"]) { _ = try RunDirectory.open(scratch.file("none")) }
  }

  @Test("A run is not overwritten, be it by its configuration or its checkpoint")
  func refusesToOverwrite() throws {
    for name in ["config.toml", "checkpoints/last.safetensors"] {
      let scratch = try Scratch()
      let path = scratch.file("run")
      _ = try RunDirectory.create(path)
      // An empty one may be used again.
      _ = try RunDirectory.create(path)
      try Data([7]).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
      expectFileError(.unwritable, ["already holds a run", "--resume"]) {
        _ = try RunDirectory.create(path)
      }
      #expect(try contents(of: "\(path)/\(name)") == [7])
    }
  }

  @Test("A path that leads through a file cannot be created")
  func throughFile() throws {
    let scratch = try Scratch()
    let file = try scratch.file("file", [1])
    expectFileError(.unwritable, [file]) { _ = try RunDirectory.create(file) }
    expectFileError(.unwritable, [file]) { _ = try RunDirectory.create(file + "/run") }
  }

  @Test("An empty path is refused")
  func emptyPath() { expectFileError(.unwritable) { _ = try RunDirectory.create("") } }

  /// In a process of its own: the working directory belongs to all of it.
  @Test("Runs without a name are numbered from 1, and gaps are filled")
  func numbering() async {
    await #expect(processExitsWith: .success) {
      let scratch = try Scratch()
      try #require(FileManager.default.changeCurrentDirectoryPath(scratch.path))
      let paths = try (0..<3).map { _ in try RunDirectory.create(nil).path }
      try #require(paths == ["runs/vae-1", "runs/vae-2", "runs/vae-3"])
      try FileManager.default.removeItem(atPath: "runs/vae-2")
      let path = try RunDirectory.create(nil).path
      try #require(path == "runs/vae-2")
      try #require(FileManager.default.fileExists(atPath: "runs/vae-2/checkpoints"))
    }
  }
}
