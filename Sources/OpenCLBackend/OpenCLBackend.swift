import CCLBlast
import CKernels
import COpenCL
import Compute
import Glibc

/// An OpenCL device: one context, one in-order queue, programs of the embedded kernels, matrix products by CLBlast or by kernels
/// of the engine.
package final class OpenCLBackend: Backend {
  package let info: DeviceInfo
  package var realType: RealType { .float32 }

  package let device: OpenCLDevice
  package let context: ContextHandle
  let queue: QueueHandle
  package let programs: KernelPrograms
  /// VAE_GPU_DEBUG=1: finish after every launch and name the one that failed; plain blocking writes
  /// and buffers of the exact size only.
  let isDebugging: Bool
  /// Chooses the kernel of each matrix product.
  package let gemmChoice: GemmChoice
  /// In which order products add. Matters on devices other than processors.
  package let order: SummationOrder
  let builder: ProgramBuilder
  /// CLBlast's parameters for products that are prepared from now on.
  package internal(set) var clblast = CLBlastParameters.stock
  /// Where CLBlast pads and transposes: one for all products, for the queue runs them one by one.
  package internal(set) var clblastWorkspace: BufferView?
  /// What was done that a replay must not do.
  package internal(set) var counters = OpenCLCounters()
  /// Whether the queue keeps the times of its commands, for `CommandSequence.profile`; training queues do not.
  let isProfiling: Bool
  /// Precisions whose matrix instructions were tried.
  package internal(set) var checkedPrecisions: Set<Precision> = []
  /// Whether commands that are replayed together share launches.
  let joins: Bool

  /// The compiler options of every kernel. Never fast-math: NaN guards must work. Division and square root are rounded
  /// correctly where the device can, so that it computes the bits of the CPU backend. On a
  /// processor one work-item walks a row of a row kernel (Kernels/dialect.h). Without warnings: PoCL's compiler counts them
  /// on stderr, about vectors wider than the processor's above all.
  package static func buildOptions(_ device: OpenCLDevice) -> String {
    let configuration: cl_device_fp_config = OpenCLDevice.scalar(
      device.id, CL_DEVICE_SINGLE_FP_CONFIG, 0)
    let correct = configuration & cl_device_fp_config(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0
    return buildOptions(GemmTarget(device), roundsCorrectly: correct)
  }

  /// - Parameter roundsCorrectly: whether the device can round division and square root correctly.
  static func buildOptions(_ target: GemmTarget, roundsCorrectly: Bool) -> String {
    let vendor = target.vendor.map { " -D\($0.rawValue)" } ?? ""
    return "-w -cl-std=CL1.2" + vendor
      + (roundsCorrectly ? " -cl-fp32-correctly-rounded-divide-sqrt" : "")
      + target.workItems.options
  }

  /// The text of a program: what all begin with, and its kernels.
  package static func source(_ kernels: UnsafePointer<CChar>?) -> String {
    source(kernels.map { String(cString: $0) } ?? "")
  }

  static func source(_ kernels: String) -> String {
    (vae_opencl_common().map { String(cString: $0) } ?? "") + kernels
  }

  /// - Parameters:
  ///   - gemm: how matrix products are run; nil: as tuned.
  ///   - order: in which they add.
  ///   - joins: whether commands that are replayed together share launches; nil: on devices other
  /// than processors, unless
  ///     VAE_GPU_JOIN is 0.
  ///   - profiling: whether the queue keeps the times of its commands.
  ///   - keepsBinaries: whether the cache holds binaries; nil: unless the driver has a cache of its own.
  package init(
    _ device: OpenCLDevice, cache: ProgramCache = .standard, gemm: GemmChoice? = nil,
    order: SummationOrder = .exact, joins: Bool? = nil, profiling: Bool = false,
    keepsBinaries: Bool? = nil
  ) throws(ComputeError) {
    var status: cl_int = 0
    var id: cl_device_id? = device.id
    var properties: [cl_context_properties] = [
      cl_context_properties(CL_CONTEXT_PLATFORM),
      cl_context_properties(Int(bitPattern: UnsafeRawPointer(device.platform))), 0,
    ]
    let context = clCreateContext(&properties, 1, &id, nil, nil, &status)
    guard let context, status == CL_SUCCESS else {
      throw OpenCLStatus.error(status, "opening \(device.info.name)")
    }
    let contextHandle = ContextHandle(raw: context)
    let flags = profiling ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0
    let queue = clCreateCommandQueue(context, device.id, flags, &status)
    guard let queue, status == CL_SUCCESS else {
      throw OpenCLStatus.error(status, "queue of \(device.info.name)")
    }
    let queueHandle = QueueHandle(raw: queue)
    builder = ProgramBuilder(
      context: context, device: device, cache: cache, keepsBinaries: keepsBinaries)
    programs = KernelPrograms(builder: builder, options: Self.buildOptions(device))
    gemmChoice = gemm ?? .tuned(VerdictStore.standard.verdicts(for: device.info))
    if gemm == nil, let problem = VerdictStore.standard.problem(for: device.info) {
      DeviceEvents.send(.warning(problem))
    }
    self.order = order
    self.device = device
    self.context = contextHandle
    self.queue = queueHandle
    info = device.info
    isProfiling = profiling
    self.joins = device.info.type != .cpu && (joins ?? Self.joins(on: device))
    isDebugging = getenv("VAE_GPU_DEBUG").map { String(cString: $0) == "1" } ?? false
    // Verdicts may be of another device of the platform or of another CLBlast.
    if (try? useCLBlast(gemmChoice.clblast)) == nil { clblast = .stock }
  }

  deinit {
    clFinish(queue.raw)
    // CLBlast keeps programs of this context; they must go before it does.
    _ = CLBlastLock.run { CLBlastClearCache() }
  }

  package func synchronize() throws(ComputeError) {
    try OpenCLStatus.check(clFinish(queue.raw), "waiting for \(info.name)")
  }

  package func prepare(_ commands: [Command]) throws(ComputeError) -> any CommandSequence {
    try checkMatrixInstructions(of: commands)
    let sequence = OpenCLCommandSequence(backend: self)
    let joints = commands.indices.map { $0 > 0 ? joint(commands[$0 - 1], commands[$0]) : nil }
    try buildPrograms(of: commands, joints: joints)
    for (index, command) in commands.enumerated() {
      let leavesEpilogue = index + 1 < commands.count && joints[index + 1] != nil
      try append(command, to: sequence, leavesEpilogue: leavesEpilogue, joint: joints[index])
    }
    return sequence
  }

  /// Adds the launches of a command.
  ///
  /// - Parameters:
  ///   - leavesEpilogue: the next command does the epilogue of a product.
  ///   - joint: the launch that does it for the command before.
  func append(
    _ command: Command, to sequence: OpenCLCommandSequence, leavesEpilogue: Bool = false,
    joint: KernelLaunch? = nil
  ) throws(ComputeError) {
    switch command {
    case .kernel(let launch):
      sequence.append([
        OpenCLLaunch(
          part: .whole, command: try OpenCLKernelCommand(joint ?? launch, backend: self),
          finishesProduct: joint != nil)
      ])
    case .multiply(let multiply):
      sequence.append(try prepare(multiply, leavesEpilogue: leavesEpilogue, rowSums: joint))
    }
  }
}
