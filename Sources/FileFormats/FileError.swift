import Foundation

/// What went wrong with one file: a code to act on and one line to show.
///
/// Everything a disk, a download or a hostile file can cause is thrown as this type.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure a caller can act on.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no such file or directory.
    case missing
    /// It exists and cannot be read: permissions, a directory, an I/O error.
    case unreadable
    /// It can be read and breaks the rules of its format.
    case malformed
    /// It is well formed and does not fit what was asked for, or another file.
    case mismatch
    /// It cannot be created: permissions, a missing directory, something else in its place.
    case unwritable
    /// It could be created, and writing it failed: an I/O error, a limit of file sizes.
    case writeFailed
    /// It cannot be written because the disk or the quota is full.
    case diskFull
    /// Another process is working on it.
    case inUse
  }

  /// The kind of failure.
  public let code: Code
  /// The file, as the caller named it.
  public let path: String
  /// What is wrong, without the path and without a full stop.
  public let problem: String
  /// What to do about it, where there is something to do.
  public let advice: String?

  /// An error about `path`.
  public init(_ code: Code, path: String, problem: String, advice: String? = nil) {
    self.code = code
    self.path = path
    self.problem = problem
    self.advice = advice
  }

  /// One line: `PATH: problem; advice`, with control characters escaped.
  public var description: String {
    let line = "\(Self.escaped(path, limit: 300)): \(Self.escaped(problem, limit: 600))"
    guard let advice else { return line }
    return "\(line); \(Self.escaped(advice, limit: 600))"
  }
}

extension FileError: LocalizedError {
  /// The same line as `description`, for callers that only know `Error`.
  public var errorDescription: String? { description }
}
