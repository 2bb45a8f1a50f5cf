import CKernels
import COpenCL
import Compute

/// A program to build.
struct ProgramRequest: Hashable, Sendable {
  let source: String
  let options: String
  /// The kernels that it is for, for people.
  let label: String

  static func == (a: Self, b: Self) -> Bool { a.options == b.options && a.source == b.source }
  func hash(into hasher: inout Hasher) {
    hasher.combine(options)
    hasher.combine(source)
  }
}

/// The programs of a device, built when first asked for. A program of operations has the kernels of the sequence of commands
/// that asked for them, and no others.
package final class KernelPrograms {
  private final class Built {
    let program: ProgramHandle
    init(_ program: consuming ProgramHandle) { self.program = program }
  }

  static let text = KernelText(
    vae_opencl_operations().map { String(cString: $0) } ?? "")

  private let builder: ProgramBuilder
  let options: String
  private var products: [ProgramRequest: Built] = [:]
  private var operations: [String: Built] = [:]
  private var all: [Built] = []

  init(builder: ProgramBuilder, options: String) {
    self.builder = builder
    self.options = options
  }

  /// Programs built or loaded so far.
  package var count: Int { all.count }

  /// Whether all programs came from the cache on disk.
  package var areFromCache: Bool { all.allSatisfy { $0.program.isFromCache } }

  /// The program of a matrix product variant; nil for CLBlast.
  func request(_ variant: GemmVariant, for multiply: MatrixMultiply) -> ProgramRequest? {
    variant.program(for: multiply, instructions: builder.device.matrixInstructions).map {
      ProgramRequest(
        source: $0.source, options: $0.options.isEmpty ? options : "\(options) \($0.options)",
        label: "\(variant.name) \(GemmShape(multiply))")
    }
  }

  /// Builds what is missing of these kernels and programs, and tells an observer how far it is.
  func require(kernels: Set<String>, products wanted: [ProgramRequest]) throws(ComputeError) {
    let missing = kernels.subtracting(operations.keys)
    var requests: [ProgramRequest] = []
    for request in wanted where products[request] == nil && !requests.contains(request) {
      requests.append(request)
    }
    if !missing.isEmpty {
      let names = missing.sorted()
      let label = names.prefix(2).joined(separator: ", ")
      requests.insert(
        ProgramRequest(
          source: OpenCLBackend.source(Self.text.selecting(missing)), options: options,
          label: names.count > 2 ? "\(label) and \(names.count - 2) others" : label), at: 0)
    }
    guard !requests.isEmpty else { return }
    for (request, program) in zip(requests, try builder.build(requests)) {
      let built = Built(program.handle())
      all.append(built)
      if request == requests[0] && !missing.isEmpty {
        for name in missing { operations[name] = built }
      } else {
        products[request] = built
      }
    }
  }

  /// A kernel of the operations for a launch site.
  func operation(_ name: String) throws(ComputeError) -> KernelHandle {
    try require(kernels: [name], products: [])
    guard let built = operations[name] else { preconditionFailure("\(name) was not built") }
    return try KernelHandle(name, of: built.program)
  }

  /// A kernel of a matrix product for a launch site.
  func product(_ name: String, of request: ProgramRequest) throws(ComputeError) -> KernelHandle {
    try require(kernels: [], products: [request])
    guard let built = products[request] else { preconditionFailure("\(name) was not built") }
    return try KernelHandle(name, of: built.program)
  }
}
