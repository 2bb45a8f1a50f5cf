/// What a device, a driver or a kernel can cause: thrown, never trapped.
public struct ComputeError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// No OpenCL driver is installed, or none can be loaded.
    case noDriver
    /// The device that was asked for does not exist.
    case deviceNotFound
    /// The device or its driver failed while working.
    case deviceFailed
    /// The device has not enough memory.
    case outOfMemory
    /// A kernel did not compile; `buildLog` has the compiler's words.
    case buildFailed
    /// The operation is not offered by this device.
    case unsupported
  }

  public var code: Code
  /// The operation that failed, such as "clEnqueueNDRangeKernel bias_relu".
  public var operation: String
  /// What went wrong and what to do about it.
  public var detail: String
  /// The compiler's log of a failed kernel build.
  public var buildLog: String?

  public init(_ code: Code, operation: String, detail: String, buildLog: String? = nil) {
    self.code = code
    self.operation = operation
    self.detail = detail
    self.buildLog = buildLog
  }

  public var description: String {
    var text = "\(operation): \(detail)"
    if let buildLog, !buildLog.isEmpty { text += "\n\(buildLog)" }
    return text
  }
}
