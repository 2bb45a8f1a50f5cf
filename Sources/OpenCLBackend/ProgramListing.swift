import CKernels
import Compute

/// A program of the engine as an OpenCL driver is given it, with the kernels that it has.
package struct ListedProgram: Sendable {
  /// The file of the source, without its ending. Programs of one name have the same source.
  package let sourceName: String
  package let source: String
  package let options: String
  /// The kernels by name; empty: every kernel that the compiler finds.
  package let kernels: [String]
  /// Work-items of a work-group of kernels that do not state it in the source.
  package let workGroupSize: Int
  /// The OpenCL platforms whose devices are given the program.
  package var platforms: [String]
  /// What it multiplies; nil for the operations.
  package let product: ListedProduct?
  /// The training step that it takes in one launch, such as "mlp400 tf32"; nil for the others.
  package var step: String?
}

/// A training step whose launches can be joined.
package struct ListedStep {
  package let name: String
  package let commands: [Command]
  package let accesses: [CommandAccess]

  package init(name: String, commands: [Command], accesses: [CommandAccess]) {
    self.name = name
    self.commands = commands
    self.accesses = accesses
  }
}

/// A candidate of tuning for one form of a matrix product.
package struct ListedProduct: Sendable {
  /// The candidate as traces name it.
  package let variant: String
  package let form: GemmForm
}

/// What decides the text of a program of a matrix product, sizes aside.
package struct GemmForm: Hashable, Sendable {
  package let transposeA: Bool
  package let transposeB: Bool
  /// The function of the epilogue, such as "bias_relu".
  package let epilogue: String?
  /// Whether the operand of the epilogue has one value per column.
  package let isColumn: Bool
  package let sumsRows: Bool

  /// The form on devices whose products do not take images in place of matrices: a result that is
  /// folded to images then has its epilogue in the kernel that folds it.
  package init(_ multiply: MatrixMultiply) {
    transposeA = multiply.transposeA
    transposeB = multiply.transposeB
    let isFolded = if case .c? = multiply.images { true } else { false }
    let epilogue = isFolded ? nil : multiply.epilogue
    self.epilogue = epilogue?.function
    isColumn = if case .column? = epilogue?.operand { true } else { false }
    sumsRows = multiply.rowSums != nil
  }

  /// BLAS's letters and what is done besides: "NT bias_relu", "TN + row sums".
  package var description: String {
    "\(layout)\(epilogue.map { " " + $0 } ?? "")\(sumsRows ? " + row sums" : "")"
  }

  /// BLAS's letters.
  package var layout: String { "\(transposeA ? "T" : "N")\(transposeB ? "T" : "N")" }
}

extension OpenCLBackend {
  /// Every program that a GPU may be given: the kernels of the operations, and each candidate of
  /// tuning for each form of the products; and the launches that take several commands of a step.
  /// No device is needed.
  ///
  /// - Parameter products: matrix products of any size; each form of them is listed once.
  package static func programs(
    multiplying products: [MatrixMultiply], steps: [ListedStep], on targets: [GemmTarget]
  ) -> [ListedProgram] {
    var forms: [(form: GemmForm, multiply: MatrixMultiply)] = []
    for var multiply in products where !forms.contains(where: { $0.form == GemmForm(multiply) }) {
      let form = GemmForm(multiply)
      if form.epilogue == nil { multiply.epilogue = nil }
      multiply.images = nil
      forms.append((form, multiply))
    }
    var programs: [ListedProgram] = []
    for target in targets {
      let options = buildOptions(target, roundsCorrectly: true)
      var listed = [operations(options, platform: target.platform)]
      for precision in Precision.allCases where target.precisions.contains(precision) {
        for variant in GemmVariant.candidates(for: target, precision: precision, anyOrder: true) {
          for (form, var multiply) in forms {
            multiply.precision = precision
            guard
              let program = variant.program(
                for: multiply, instructions: target.matrixInstructions)
            else { continue }
            listed.append(
              ListedProgram(
                sourceName: "products", source: program.source,
                options: program.options.isEmpty ? options : "\(options) \(program.options)",
                kernels: [], workGroupSize: variant.items, platforms: [target.platform],
                product: ListedProduct(
                  variant: variant.name + (precision == .fp32 ? "" : " \(precision.rawValue)"),
                  form: form)))
          }
        }
      }
      for step in steps where target.runsJoinedLaunches {
        for precision in Precision.allCases where target.precisions.contains(precision) {
          listed += launches(of: step, precision, on: target, options: options)
        }
      }
      for program in listed {
        let known = programs.firstIndex {
          $0.options == program.options && $0.source == program.source
        }
        if let known {
          programs[known].platforms += program.platforms.filter {
            !programs[known].platforms.contains($0)
          }
        } else {
          programs.append(program)
        }
      }
    }
    return named(programs)
  }

  /// The operations: the CPU backend has the same kernels, in a table.
  private static func operations(_ options: String, platform: String) -> ListedProgram {
    var count = 0
    let table = vae_kernels_f32(vae_best_level(), &count)
    let names = (0..<count).compactMap { table?[$0].name.map { String(cString: $0) } }
    return ListedProgram(
      sourceName: "operations", source: source(vae_opencl_operations()), options: options,
      kernels: names.sorted(), workGroupSize: 64, platforms: [platform], product: nil)
  }

  /// The launches of a step that take several commands each, in the fast order and untuned.
  private static func launches(
    of step: ListedStep, _ precision: Precision, on target: GemmTarget, options: String
  ) -> [ListedProgram] {
    let commands = step.commands.map { command -> Command in
      guard case .multiply(var multiply) = command else { return command }
      multiply.precision = precision
      return .multiply(multiply)
    }
    let joined = JoinedTarget(
      computeUnits: target.computeUnits, matrixInstructions: target.matrixInstructions
    ) { multiply in
      let variants = GemmChoice.untuned.variants(
        for: GemmShape(multiply), precision: precision, order: .fast, target: target)
      return variants.first { $0.fits(target, precision) && $0.reaches(multiply) }
        ?? variants[variants.count - 1]
    }
    return joined.runs(of: commands, step.accesses).map { run in
      let launch = JoinedLaunch(commands[run], accesses: step.accesses[run], target: joined)
      let part = run.count == commands.count ? "" : " \(run.lowerBound + 1)-\(run.upperBound)"
      return ListedProgram(
        sourceName: "steps", source: launch.source, options: options,
        kernels: [JoinedLaunch.name], workGroupSize: JoinedLaunch.items,
        platforms: [target.platform], product: nil,
        step: step.name + (precision == .fp32 ? "" : " \(precision.rawValue)") + part)
    }
  }

  /// Numbers the names of sources that differ.
  private static func named(_ programs: [ListedProgram]) -> [ListedProgram] {
    var names: [String: String] = [:]
    return programs.map { program in
      let taken = names.values.filter { $0.hasPrefix(program.sourceName) }.count
      let name =
        names[program.source]
        ?? program.sourceName + (taken == 0 ? "" : "-\(taken + 1)")
      names[program.source] = name
      return ListedProgram(
        sourceName: name, source: program.source, options: program.options,
        kernels: program.kernels, workGroupSize: program.workGroupSize,
        platforms: program.platforms, product: program.product, step: program.step)
    }
  }
}
