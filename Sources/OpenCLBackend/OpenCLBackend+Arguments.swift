import COpenCL
import Compute

/// Calls that belong before the first step: none of them may happen in a replay. What CLBlast does is not seen.
package struct OpenCLCounters: Equatable, Sendable {
  package var allocations = 0
  package var kernels = 0
  package var programs = 0
  package var arguments = 0
}

extension OpenCLBackend {
  /// Work-groups of a kernel, and the work-items of each.
  func groups(of size: LaunchSize) -> (count: Int, items: Int) {
    let workItems = GemmTarget(device).workItems
    return switch size {
    case .rows(let count): (count, workItems.ofRow)
    case .items(let count):
      (workItems.groups(ofItems: count, units: max(info.computeUnits, 1)), workItems.ofItems)
    }
  }

  /// Builds the programs of commands at once, so that each is built for all its kernels and several can be built side by side.
  func buildPrograms(of commands: [Command], joints: [KernelLaunch?]) throws(ComputeError) {
    var kernels: Set<String> = []
    var products: [ProgramRequest] = []
    for (command, joint) in zip(commands, joints) {
      switch command {
      case .kernel(let launch): kernels.insert((joint ?? launch).kernel)
      case .multiply(let multiply):
        let variant = variant(of: multiply)
        if variant == .clblast {
          let launches = [joint, multiply.epilogueLaunch, multiply.rowSumsLaunch]
          kernels.formUnion(launches.compactMap { $0?.kernel })
        } else {
          products += [programs.request(variant, for: multiply)].compactMap { $0 }
        }
      }
    }
    try counting { () throws(ComputeError) in
      try programs.require(kernels: kernels, products: products)
    }
  }

  /// A kernel of the operations for a launch site.
  func kernel(_ name: String) throws(ComputeError) -> KernelHandle {
    counters.kernels += 1
    return try counting { () throws(ComputeError) in try programs.operation(name) }
  }

  /// A kernel of a matrix product variant for a launch site.
  func gemmKernel(
    _ name: String, of variant: GemmVariant, for multiply: MatrixMultiply
  ) throws(ComputeError) -> KernelHandle {
    counters.kernels += 1
    guard let request = programs.request(variant, for: multiply) else {
      preconditionFailure("\(variant.name) has no program")
    }
    return try counting { () throws(ComputeError) in try programs.product(name, of: request) }
  }

  /// Counts the programs that `body` builds.
  func counting<Result: ~Copyable>(
    _ body: () throws(ComputeError) -> Result
  ) throws(ComputeError) -> Result {
    let before = programs.count
    defer { counters.programs += programs.count - before }
    return try body()
  }

  /// Sets all arguments of a kernel object, once. A view is two of them: its buffer, and its place
  /// there in bytes.
  func setArguments(
    _ arguments: [KernelArgument], of kernel: cl_kernel, name: String
  ) throws(ComputeError) {
    var position: cl_uint = 0
    func set<Value>(_ value: Value) throws(ComputeError) {
      counters.arguments += 1
      let status = withUnsafeBytes(of: value) {
        clSetKernelArg(kernel, position, $0.count, $0.baseAddress)
      }
      try OpenCLStatus.check(status, "argument \(position) of \(name)")
      position += 1
    }
    for argument in arguments {
      switch argument {
      case .buffer(let view):
        try set(buffer(of: view).memory.raw)
        try set(cl_ulong(view.byteOffset))
      case .uint32(let value): try set(value)
      case .real(let value): try set(cl_float(value))
      }
    }
  }
}
