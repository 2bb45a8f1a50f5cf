import CKernels
import Compute

/// The compiled kernels by name, read from the table that the linker put together.
struct KernelTable {
  private let functions: [String: vae_kernel_function]

  /// - Parameter instructions: what float32 kernels are compiled for; the reference has one form.
  init(_ realType: RealType, _ instructions: InstructionSet) {
    var count = 0
    let table =
      realType == .float32
      ? vae_kernels_f32(instructions.level, &count) : vae_kernels_f64(&count)
    var functions: [String: vae_kernel_function] = [:]
    for index in 0..<count {
      guard let entry = table?[index], let name = entry.name, let run = entry.run else { continue }
      functions[String(cString: name)] = run
    }
    self.functions = functions
  }

  func function(named name: String) throws(ComputeError) -> vae_kernel_function {
    guard let function = functions[name] else {
      throw ComputeError(
        .unsupported, operation: name, detail: "the CPU backend has no kernel of this name")
    }
    return function
  }
}
