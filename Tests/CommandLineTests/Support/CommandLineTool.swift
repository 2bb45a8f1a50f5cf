import FileFormats
import Foundation
import Testing

/// The built binary, run as a process of its own.
enum CommandLineTool {
  /// `VAE_GPU_TEST_BINARY`, else the binary next to the test executable.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["VAE_GPU_TEST_BINARY"] { return path }
    // The test executable's directory holds every product.
    let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: executable ?? CommandLine.arguments[0]).deletingLastPathComponent()
      .path + "/vae-gpu"
  }()

  /// The devices to run a command on, by their selectors: the CPU backend, and the first OpenCL device.
  ///
  /// It lists both whatever the machine has: a test over them fails where there is no OpenCL device, unless
  /// `VAE_GPU_TEST_DEVICES` is `cpu`.
  static let devices =
    ProcessInfo.processInfo.environment["VAE_GPU_TEST_DEVICES"] == "cpu" ? ["cpu"] : ["cpu", "0"]

  /// A process that has ended.
  struct Result: CustomStringConvertible {
    /// The exit code; 128 + signal for a process that a signal has killed.
    let code: Int32
    let wasKilled: Bool
    let output: String
    let errors: String

    var description: String { "exit \(code)\(wasKilled ? " (killed)" : "")\n\(output)\(errors)" }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

    /// stdout as one JSON value.
    func json() throws -> JSONValue {
      try StrictJSON.parse(Array(output.utf8), path: "standard output")
    }
  }
}

/// A running process.
final class RunningTool {
  private let process = Process()
  private let output: String
  private let errors: String

  /// Starts the tool, or another program, in `directory`. stdout goes to a file, or to `standardOutput`.
  init(
    _ arguments: [String], in directory: String, environment: [String: String],
    standardOutput: String? = nil, program: String = CommandLineTool.path
  ) throws {
    let name = directory + "/.io-\(UUID().uuidString)"
    output = standardOutput ?? name + ".out"
    errors = name + ".err"
    for path in [output, errors] where !FileManager.default.fileExists(atPath: path) {
      try Data().write(to: URL(fileURLWithPath: path))
    }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment
      .filter { $0.key != "VAE_GPU_DEVICE" }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let handles = try [output, errors].map {
      try FileHandle(forWritingTo: URL(fileURLWithPath: $0))
    }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    // The child has its own. A process that is only polled would keep these open, and with some
    // 1,365 open files Foundation reads behind its list of them when it starts the next one, and
    // crashes.
    for handle in handles { try handle.close() }
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end; a process that hangs is killed after some fifteen minutes: machines of CI
  /// can be slow.
  func wait() throws -> CommandLineTool.Result {
    var waited = 0
    while process.isRunning {
      usleep(2000)
      waited += 1
      if waited == 450_000 { send(SIGKILL) }
    }
    let wasKilled = process.terminationReason == .uncaughtSignal
    return CommandLineTool.Result(
      code: wasKilled ? 128 + process.terminationStatus : process.terminationStatus,
      wasKilled: wasKilled, output: Self.text(output), errors: Self.text(errors))
  }

  private static func text(_ path: String) -> String {
    guard path.hasSuffix(".out") || path.hasSuffix(".err") else { return "" }
    defer { unlink(path) }
    return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
