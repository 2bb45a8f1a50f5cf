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

  @Test("A run is not overwritten, nor anything else that a directory holds")
  func refusesToOverwrite() throws {
    let run = ["already holds a run", "--resume"]
    for (name, words) in [
      ("config.toml", run), ("checkpoints/last.safetensors", ["checkpoints/last.safetensors"]),
      ("checkpoints/best.safetensors", ["--out"]), ("samples.png", ["samples.png", "not a run"]),
      ("reconstructions.png", ["reconstructions.png"]), ("metrics.jsonl", ["metrics.jsonl"]),
      ("notes.txt", ["notes.txt"]), (".hidden", [".hidden"]),
    ] {
      let scratch = try Scratch()
      let path = scratch.file("run")
      _ = try RunDirectory.create(path)
      // An empty one may be used again.
      _ = try RunDirectory.create(path)
      try Data([7]).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
      if !name.hasPrefix("checkpoints") { rmdir("\(path)/checkpoints") }
      expectFileError(.unwritable, words) { _ = try RunDirectory.create(path) }
      #expect(try contents(of: "\(path)/\(name)") == [7])
      let files = try FileManager.default.contentsOfDirectory(atPath: path)
      #expect(files.count == 1, "nothing was added: \(files)")
    }
  }

  @Test("A directory is one process's until the value has gone")
  func claims() throws {
    let scratch = try Scratch()
    let path = scratch.file("run")
    let run = try RunDirectory.create(path)
    expectFileError(.inUse, [path]) { _ = try RunDirectory.create(path) }
    expectFileError(.inUse, [path]) { _ = try RunDirectory(path).claimed() }
    #expect(try run.claimed().path == path)
    try withExtendedLifetime(run) {
      // Reading it takes no claim.
      try Data().write(to: URL(fileURLWithPath: run.configuration))
      #expect(try RunDirectory.open(path).path == path)
    }
  }

  @Test("What killed processes were writing is swept when a run is claimed")
  func sweeps() throws {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    let name = ".writing-\(process.processIdentifier)-abc.tmp"
    for folder in ["run", "run/checkpoints"] {
      mkdir(scratch.file(folder), 0o700)
      _ = try scratch.file("\(folder)/\(name)", [1])
    }
    _ = try RunDirectory.create(scratch.file("run"))
    #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch.path).count == 2)
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
