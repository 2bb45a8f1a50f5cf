import COpenCL
import Compute

/// The programs of matrix product variants, built when first asked for.
final class GemmPrograms {
  private final class Built {
    let program: ProgramHandle
    init(_ program: consuming ProgramHandle) { self.program = program }
  }

  private let builder: ProgramBuilder
  private let options: String
  private var programs: [String: Built] = [:]
  /// Programs built or loaded so far.
  var count: Int { programs.count }

  init(builder: ProgramBuilder, options: String) {
    self.builder = builder
    self.options = options
  }

  /// A kernel of its own for a launch site.
  func kernel(
    _ name: String, of variant: GemmVariant, for multiply: MatrixMultiply
  ) throws(ComputeError) -> KernelHandle {
    guard let description = variant.program(for: multiply) else {
      preconditionFailure("\(variant.name) has no program")
    }
    let built = try program(description.source, "\(options) \(description.options)")
    return try KernelHandle(name, of: built.program)
  }

  private func program(_ source: String, _ options: String) throws(ComputeError) -> Built {
    let key = "\(options)\n\(source)"
    if let built = programs[key] { return built }
    let built = Built(try builder.build(source: source, options: options))
    programs[key] = built
    return built
  }
}
