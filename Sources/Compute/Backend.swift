/// A device: memory, commands, nothing that knows an operation. Used from one thread at a time.
package protocol Backend: AnyObject {
  var info: DeviceInfo { get }
  /// The floating-point type of `.real` elements.
  var realType: RealType { get }
  /// What matrix products can be asked for.
  var precisions: Set<Precision> { get }
  /// Whether matrix products take `MatrixMultiply.images`.
  func multipliesImages(in precision: Precision) -> Bool

  /// Zeroed memory of `byteCount` bytes.
  func allocate(byteCount: Int) throws(ComputeError) -> any DeviceBuffer
  /// Host to device, in order with the commands. At most `view.byteCount` bytes; the source may be reused on return.
  func upload(_ bytes: UnsafeRawBufferPointer, to view: BufferView) throws(ComputeError)
  /// Device to host: waits for everything before it.
  func download(_ view: BufferView, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError)
  /// Binds commands to the device once: kernels looked up, arguments set. Replaying them allocates nothing.
  func prepare(_ commands: [Command]) throws(ComputeError) -> any CommandSequence
  /// The same for commands that will be run together, in many replays: the backend may spend time
  /// on making one launch of several.
  ///
  /// - Parameter accesses: the memory of each command.
  func prepare(
    _ commands: [Command], replaying accesses: [CommandAccess]
  ) throws(ComputeError) -> any CommandSequence
  /// Waits until all work is done and reports a failure of any of it.
  func synchronize() throws(ComputeError)
}

/// What a device launches for a command, or for a part of a matrix product where one launch does not do all of it.
package struct PreparedLaunch: Sendable, Equatable {
  package enum Part: Sendable {
    case whole
    case product
    case epilogue
    case rowSums
  }

  /// Position of the command in what was prepared; of the first where the launch runs several.
  package let command: Int
  /// Commands from that position on which the launch runs.
  package let commandCount: Int
  /// Work-groups of a launch of several commands.
  package let groups: Int
  package let part: Part
  /// The kernel, or the routine of a library.
  package let kernel: String
  /// Whether it first does the epilogue of the product that is the command before.
  package let finishesProduct: Bool

  package init(
    command: Int, part: Part = .whole, kernel: String, finishesProduct: Bool = false,
    commandCount: Int = 1, groups: Int = 0
  ) {
    self.command = command
    self.commandCount = commandCount
    self.groups = groups
    self.part = part
    self.kernel = kernel
    self.finishesProduct = finishesProduct
  }
}

/// Commands bound to a device, to be run any number of times.
package protocol CommandSequence: AnyObject {
  /// Commands, as they were given.
  var count: Int { get }
  /// Launches of one run, in order.
  var launches: [PreparedLaunch] { get }
  /// Runs the commands of `range` in order. May return before the device is done. The epilogue of a product may be done with
  /// the command behind it.
  func run(_ range: Range<Int>) throws(ComputeError)
  /// Runs all commands once, waits for them, and gives the times of each of `launches`. OpenCL devices must have been opened
  /// for profiling.
  func profile() throws(ComputeError) -> [LaunchProfile]
}

extension CommandSequence {
  package func run() throws(ComputeError) { try run(0..<count) }
}

extension Backend {
  package var precisions: Set<Precision> { [.fp32] }
  package func prepare(
    _ commands: [Command], replaying accesses: [CommandAccess]
  ) throws(ComputeError) -> any CommandSequence { try prepare(commands) }
  package func multipliesImages(in precision: Precision) -> Bool { false }

  package func upload(_ values: [UInt32], to view: BufferView) throws(ComputeError) {
    try uploadArray(values, to: view)
  }

  package func upload(_ values: [UInt8], to view: BufferView) throws(ComputeError) {
    try uploadArray(values, to: view)
  }

  /// Writes real numbers in the backend's own type.
  package func upload(reals values: [Double], to view: BufferView) throws(ComputeError) {
    switch realType {
    case .float32: try uploadArray(values.map(Float.init), to: view)
    case .float64: try uploadArray(values, to: view)
    }
  }

  /// Writes real numbers in the backend's own type.
  package func upload(reals values: [Float], to view: BufferView) throws(ComputeError) {
    switch realType {
    case .float32: try uploadArray(values, to: view)
    case .float64: try uploadArray(values.map(Double.init), to: view)
    }
  }

  /// Reads `count` real numbers from the start of a view.
  package func downloadReals(_ view: BufferView, count: Int) throws(ComputeError) -> [Double] {
    switch realType {
    case .float32: try downloadArray(view, count: count, initial: Float(0)).map(Double.init)
    case .float64: try downloadArray(view, count: count, initial: Double(0))
    }
  }

  /// Reads `count` real numbers from the start of a view as float32.
  package func downloadFloats(_ view: BufferView, count: Int) throws(ComputeError) -> [Float] {
    switch realType {
    case .float32: try downloadArray(view, count: count, initial: Float(0))
    case .float64: try downloadArray(view, count: count, initial: Double(0)).map(Float.init)
    }
  }

  private func uploadArray<T: BitwiseCopyable>(_ values: [T], to view: BufferView)
    throws(ComputeError)
  {
    let result: Result<Void, ComputeError> = values.withUnsafeBytes { bytes in
      do throws(ComputeError) {
        return .success(try upload(bytes, to: view))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func downloadArray<T: BitwiseCopyable>(
    _ view: BufferView, count: Int, initial: T
  ) throws(ComputeError) -> [T] {
    var values = [T](repeating: initial, count: count)
    let result: Result<Void, ComputeError> = values.withUnsafeMutableBytes { bytes in
      do throws(ComputeError) {
        return .success(try download(view, into: bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return values
  }
}
