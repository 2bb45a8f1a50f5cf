import FileFormats
import Testing

/// Help and errors know the same values of a flag.
@Suite struct HelpChoicesTests {
  private struct Option {
    let command: String
    let name: String
    let help: String
  }

  /// Every `--option` with a value of every command, as the parser knows them.
  private func options() throws -> [Option] {
    let result = try Workspace(withData: false).run("--experimental-dump-help")
    let root = try #require(try result.json()["command"])
    var options: [Option] = []
    for command in root["subcommands"]?.elements ?? [] {
      let commandName = try #require(command["commandName"]?.string)
      for argument in command["arguments"]?.elements ?? []
      where argument["kind"]?.string == "option" {
        let names = argument["names"]?.elements ?? []
        let long = names.first { $0["kind"]?.string == "long" }
        guard let name = long?["name"]?.string else { continue }
        options.append(
          Option(
            command: commandName, name: name, help: argument["abstract"]?.string ?? ""))
      }
    }
    return options
  }

  /// The names that an error lists, as in "must be none, batch or group; did you mean …". Empty where
  /// it has a phrase instead.
  private func choices(in error: String) -> [String] {
    guard let start = error.range(of: "must be ")?.upperBound else { return [] }
    let list = error[start...].prefix { $0 != ";" && $0 != "." && $0 != "\n" }
    let names = list.replacing(" or ", with: ", ").split(separator: ",")
      .map { String($0.trimmingPrefix(" ")) }
    let isList = names.allSatisfy { $0.wholeMatch(of: /[a-z0-9-]+/) != nil }
    return isList && names.count > 1 ? names : []
  }

  @Test func theHelpOfAFlagHasEachOfItsValues() throws {
    let workspace = try Workspace(withData: false)
    var checked: Set<String> = []
    // Shared options, such as --device, are looked at once.
    var seen: Set<[String]> = []
    // These take any text, and the command would begin its work.
    let free: Set<String> = ["config", "data", "device", "out", "output", "resume"]
    for option in try options()
    where !free.contains(option.name) && seen.insert([option.name, option.help]).inserted {
      let result = try workspace.run(option.command, "--\(option.name)=@nonsense@")
      #expect(result.code == 64, "\(option.command) --\(option.name): \(result)")
      for name in choices(in: result.errors) {
        checked.insert(option.name)
        #expect(
          option.help.contains(name),
          "\(option.command) --\(option.name): no '\(name)' in \(option.help)")
      }
    }
    #expect(checked.count >= 18, "\(checked.sorted())")
  }
}
