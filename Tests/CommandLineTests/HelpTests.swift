import FileFormats
import Foundation
import Testing

@Suite struct HelpTests {
  static let commands = [
    "train", "evaluate", "sample", "reconstruct", "encode", "interpolate", "grid", "import",
    "devices", "doctor", "verify", "bench", "tune",
  ]

  @Test func noArgumentsPrintTheHelp() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run()
    #expect(result.code == 0)
    #expect(result.errors.isEmpty)
    for command in Self.commands { #expect(result.output.contains("\n  \(command) ")) }
    #expect(result.output == (try workspace.run("--help").output))
  }

  @Test func theHelpDocumentsEveryExitCode() throws {
    let help = try Workspace(withData: false).run("--help").output
    for code in ["0", "1", "64", "65", "66", "69", "70", "73", "74", "130", "143"] {
      #expect(help.contains("\n  \(code) "), "\(code)")
    }
  }

  @Test func everyCommandHasHelp() throws {
    let workspace = try Workspace(withData: false)
    for command in Self.commands {
      let result = try workspace.run(command, "--help")
      #expect(result.code == 0, "\(command)")
      #expect(result.output.contains("USAGE: vae-gpu \(command)"), "\(result)")
      #expect(result.errors.isEmpty)
    }
  }

  @Test func theVersionGoesToStandardOutput() throws {
    let result = try Workspace(withData: false).run("--version")
    #expect(result.code == 0)
    #expect(result.output.split(separator: ".").count == 3)
    #expect(result.errors.isEmpty)
  }

  /// The list is the parser's own, so a new flag is looked for without a new line here.
  @Test(arguments: commands) func theHelpExplainsEveryFlagThatTheCommandTakes(_ name: String) throws
  {
    let workspace = try Workspace(withData: false)
    let help = try workspace.run(name, "--help").output
    // Flags that the program passes to itself are hidden.
    for argument in try Self.arguments(of: name, workspace)
    where argument["shouldDisplay"]?.bool != false {
      let names = try #require(argument["names"]?.elements)
      let flags: [String] = names.compactMap { $0["name"]?.string }
      let abstract = argument["abstract"]?.string ?? ""
      let isShown = flags.contains { help.range(of: "--" + $0) != nil }
      #expect(isShown && abstract.count > 3, "\(flags): \(abstract)")
    }
  }

  /// The list is that of the configuration file, which names its keys when it meets an unknown one.
  @Test func everySettingOfTheConfigurationFileIsAFlagOfTrain() throws {
    let workspace = try Workspace(withData: false)
    try workspace.write("xyzzy = 3\n", to: "s.toml")
    let errors = try workspace.run("train", "--config", "s.toml").errors
    let known = try #require(errors.firstRange(of: "known: "))
    let keys: [Substring] = errors[known.upperBound...].split(whereSeparator: {
      ", \n".contains($0)
    })
    #expect(keys.count > 40)
    let flags: [String] = try Self.arguments(of: "train", workspace)
      .flatMap { $0["names"]?.elements ?? [] }.compactMap { $0["name"]?.string }
    for key in keys { #expect(flags.contains(String(key).replacing("_", with: "-")), "\(key)") }
  }

  @Test func everyCommandIsTestedHere() throws {
    let workspace = try Workspace(withData: false)
    let names = try Self.subcommands(workspace).compactMap { $0["commandName"]?.string }
    // `programs` is a tool of this repository, not of users, and is hidden.
    #expect(Set(names) == Set(Self.commands + ["help", "programs"]))
  }

  private static func subcommands(_ workspace: Workspace) throws -> [JSONValue] {
    let tool = try workspace.run("--experimental-dump-help").json()
    return try #require(tool["command"]?["subcommands"]?.elements)
  }

  /// The named arguments of a command, as the parser describes them.
  private static func arguments(of name: String, _ workspace: Workspace) throws -> [JSONValue] {
    let command = try subcommands(workspace).first { $0["commandName"]?.string == name }
    let arguments = try #require(command?["arguments"]?.elements, "\(name)")
    let named = arguments.filter { $0["kind"]?.string != "positional" }
    try #require(named.count > 2, "\(name)")
    return named
  }

  @Test func aFullStandardOutputIsAnError() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.start(["--help"], standardOutput: "/dev/full").wait()
    #expect(result.code == 74)
    #expect(result.errorLines.count == 1)
  }
}
