/// What is known of a device before it is opened.
public struct DeviceInfo: Sendable, Codable, Equatable {
  public enum Kind: String, Sendable, Codable {
    case cpu, gpu, accelerator, other
  }

  /// The number that `--device` takes; nil for the CPU backend, whose name is `cpu`.
  public var index: Int?
  public var name: String
  public var vendor: String
  /// "CPU backend", or the OpenCL platform.
  public var platform: String
  public var driver: String
  public var type: Kind
  public var computeUnits: Int
  /// Bytes of device memory.
  public var memory: UInt64
  /// For example "fp64", "fp16", "subgroups", "command_buffer".
  public var features: [String]
  /// What the kernels of the CPU backend are compiled for, such as "x86-64-v3"; nil for OpenCL
  /// devices.
  public var instructionSet: String?

  public init(
    index: Int?, name: String, vendor: String, platform: String, driver: String, type: Kind,
    computeUnits: Int, memory: UInt64, features: [String], instructionSet: String? = nil
  ) {
    self.index = index
    self.name = name
    self.vendor = vendor
    self.platform = platform
    self.driver = driver
    self.type = type
    self.computeUnits = computeUnits
    self.memory = memory
    self.features = features
    self.instructionSet = instructionSet
  }

  /// "cpu" or the device number, as `--device` takes it.
  public var selector: String { index.map(String.init) ?? "cpu" }
}
