import ArgumentParser
import FileFormats
import VAEGPU

/// Writes the sources of the OpenCL programs of GPUs, for compilers that run without a GPU
/// (`make gpu-report`).
struct Programs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the OpenCL programs that a GPU may be given.",
    discussion: """
      Writes each distinct source as a file, and index.json with the options, the kernels and the \
      work-group size of every program: the operations, every kernel that 'vae-gpu tune' tries for \
      the matrix products of the named workloads, and the launches that take several commands of a \
      training step. No OpenCL device is needed.
      """,
    shouldDisplay: false)

  @Option(help: "The directory, which is made if it is missing.", transform: FlagValue.path)
  var out: String

  func run() throws {
    let programs = try ProgramListing.all()
    try Folder.make(out)
    var sources: Set<String> = []
    for program in programs where sources.insert(program.sourceName).inserted {
      try AtomicFile.write(program.source, to: "\(out)/\(program.sourceName).cl")
    }
    let index = JSONValue.object([.init("programs", .array(programs.map(Self.entry)))])
    try AtomicFile.write(index.text + "\n", to: out + "/index.json")
    try Console.print("\(programs.count) programs in \(out)/index.json")
  }

  private static func entry(_ program: ListedProgram) -> JSONValue {
    func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    let product = program.product.map { product in
      JSONValue.object([
        .text("variant", product.variant), .text("form", product.form.description),
        .text("layout", product.form.layout),
        .init("epilogue", product.form.epilogue.map { .string($0) } ?? .null),
        .init("column_operand", .bool(product.form.isColumn)),
        .init("row_sums", .bool(product.form.sumsRows)),
      ])
    }
    return .object([
      .text("source", program.sourceName + ".cl"), .text("options", program.options),
      .init("kernels", strings(program.kernels)),
      .integer("work_group_size", program.workGroupSize),
      .init("platforms", strings(program.platforms)), .init("product", product ?? .null),
      .init("step", program.step.map { .string($0) } ?? .null),
    ])
  }
}
