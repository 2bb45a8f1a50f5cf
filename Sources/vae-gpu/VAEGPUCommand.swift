import ArgumentParser
import Glibc
import VAEGPU

/// The root command.
struct VAEGPUCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vae-gpu",
    abstract: "Trains variational auto-encoders on any OpenCL device, or on the CPU.",
    discussion: """
      Start with 'vae-gpu train'; 'vae-gpu train --data sprites' needs no file at all.

      Devices: 'cpu' is the CPU backend; OpenCL devices have the numbers that 'vae-gpu devices' \
      lists, or a part of their name; 'auto' is the first GPU, else the CPU backend. The \
      environment variable VAE_GPU_DEVICE works like --device. VAE_GPU_ISA forces the instruction \
      set of the CPU backend: x86-64-v2, x86-64-v3 or x86-64-v4 (default: the highest that the \
      processor has).

      \(ExitCodes.help)
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Evaluate.self, Sample.self, Reconstruct.self, Encode.self, Interpolate.self,
      Grid.self, Import.self, Devices.self, Doctor.self, Verify.self, Bench.self,
      Tune.self, Programs.self,
    ])
}

/// The entry of the process: parses, runs, and turns errors into one line and an exit code.
@main
enum Entry {
  static func main() {
    // A closed pipe is a failed write, never the end of a training run.
    signal(SIGPIPE, SIG_IGN)
    // So is a write beyond the limit of file sizes: EFBIG, and a message.
    signal(SIGXFSZ, SIG_IGN)
    Signals.unblockStops()
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  private static func run(_ arguments: [String]) -> Int32 {
    var command: any ParsableCommand
    do {
      try CommandNames.check(arguments)
      command = try VAEGPUCommand.parseAsRoot(arguments)
    } catch let error as UsageError {
      return ErrorReport.print(error)
    } catch {
      return help(error) ?? ErrorReport.print(parsing: error, arguments: arguments)
    }
    DeviceNotices.show(isQuiet: arguments.contains("--quiet"))
    do {
      // Help is a command, too, and says what the variables take.
      if CommandNames.isOwn(command) { try Installation.checkInstructions() }
      try command.run()
      return ExitCodes.success
    } catch {
      return help(error) ?? ErrorReport.print(error, command: command)
    }
  }

  /// Prints what `--help` and `--version` throw; nil for anything else.
  private static func help(_ error: any Error) -> Int32? {
    guard VAEGPUCommand.exitCode(for: error) == .success else { return nil }
    do {
      try Console.print(VAEGPUCommand.message(for: error))
      return ExitCodes.success
    } catch {
      return ErrorReport.print(error)
    }
  }
}
