import ArgumentParser
import Compute
import Datasets
import FileFormats
import Foundation
import Training

/// Errors as one line on stderr.
enum ErrorReport {
  /// Prints an error that a command has thrown and gives its exit code.
  ///
  /// - Parameter command: the command, whose flags advice is about.
  static func print(_ error: any Error, command: Any? = nil) -> Int32 {
    var line = oneLine(text(error))
    if let error = error as? ComputeError, error.code == .outOfMemory {
      line += "; " + MemoryAdvice.text(for: command)
    }
    Console.error("vae-gpu: " + prefix(error) + line)
    if let error = error as? ComputeError, error.code == .buildFailed, let log = error.buildLog {
      Console.error(log.split(whereSeparator: \.isNewline).joined(separator: "\n"))
    }
    return ExitCodes.code(for: error)
  }

  /// Prints an error of parsing the arguments, with the help that has the answer.
  static func print(parsing error: any Error, arguments: [String]) -> Int32 {
    let message = oneLine(VAEGPUCommand.message(for: error))
    let command = arguments.first.flatMap { CommandNames.all.contains($0) ? " \($0)" : nil } ?? ""
    let help = "'vae-gpu\(command) --help'"
    let isSentence = message.hasSuffix("?") || message.hasSuffix(".")
    Console.error("vae-gpu: error: \(message)" + (isSentence ? " See \(help)" : "; see \(help)"))
    return ExitCodes.usage
  }

  private static func prefix(_ error: any Error) -> String {
    switch error {
    case is Interruption: ""
    case is UsageError, is ConfigurationError, is FoundFailure, is DivergenceError,
      is ComputeError, is FileError:
      "error: "
    default: "error: internal error: "
    }
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case let error as ComputeError: "\(error.operation): \(error.detail)"
    case let error as ConfigurationError where error.path == nil:
      "--\(error.key): \(error.problem)"
    case let error as FileError: error.description
    default: "\(error)"
    }
  }

  /// Joins lines without their indentation and escapes control characters. Spaces within a line
  /// stay as they are: they may belong to a path.
  static func oneLine(_ text: String) -> String {
    let joined = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      .joined(separator: " ")
    return FileError.escaped(joined, limit: 2000)
  }
}

/// The names of the commands.
enum CommandNames {
  static let all = VAEGPUCommand.configuration.subcommands.map { $0._commandName } + ["help"]

  /// Whether a parsed command is one of this program's and not help.
  static func isOwn(_ command: any ParsableCommand) -> Bool {
    VAEGPUCommand.configuration.subcommands.contains { $0 == type(of: command) }
  }

  /// Throws for a first argument that is no command, with the nearest one.
  static func check(_ arguments: [String]) throws {
    guard let first = arguments.first, !first.hasPrefix("-"), !all.contains(first) else { return }
    let nearest = NearestName.find(first, in: all).map { "did you mean '\($0)'? See" }
    let known = "the commands are " + all.joined(separator: ", ") + "; see"
    throw UsageError("unknown command '\(first)'; \(nearest ?? known) 'vae-gpu --help'")
  }
}
