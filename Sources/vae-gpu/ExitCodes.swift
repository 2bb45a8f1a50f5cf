import Compute
import FileFormats
import Training

/// What the process tells its caller. The numbers from 64 on are those of BSD's sysexits.h.
enum ExitCodes {
  static let success: Int32 = 0
  static let failure: Int32 = 1
  static let usage: Int32 = 64
  static let badData: Int32 = 65
  static let noInput: Int32 = 66
  static let noDevice: Int32 = 69
  static let internalError: Int32 = 70
  static let cannotCreate: Int32 = 73
  static let writeFailed: Int32 = 74
  static let inUse: Int32 = 75

  /// The code of an error that a command has thrown.
  static func code(for error: any Error) -> Int32 {
    switch error {
    case is UsageError, is ConfigurationError: usage
    case is FoundFailure, is DivergenceError: failure
    case is ComputeError: noDevice
    case let error as FileError: code(for: error)
    case let error as Interruption: 128 + error.signal
    default: internalError
    }
  }

  private static func code(for error: FileError) -> Int32 {
    switch error.code {
    case .malformed, .mismatch: badData
    case .missing, .unreadable: noInput
    case .unwritable: cannotCreate
    case .writeFailed, .diskFull: writeFailed
    case .inUse: inUse
    }
  }

  /// The table of `vae-gpu --help`.
  static let help = """
    Exit codes:
      0    success
      1    a failure was found by train, evaluate, doctor, verify or bench
      64   usage: a bad flag, value, configuration key or combination
      65   bad input data: malformed, or of another shape or model
      66   input that is missing or cannot be read
      69   a device that is missing or failed
      70   internal error
      73   output that cannot be created
      74   the disk is full or a write failed, or the run's directory has gone
      75   another process trains this run; try again when it has ended
      129  ended by the closed terminal (SIGHUP); training saves a checkpoint first
      130  ended by Ctrl-C (SIGINT); training saves a checkpoint first
      143  ended by SIGTERM; training saves a checkpoint first
    """
}

/// A command line that cannot be carried out as written.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A command that did its work and found something broken.
struct FoundFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Work that a signal has ended early.
struct Interruption: Error, CustomStringConvertible {
  let signal: Int32
  let description: String
}
