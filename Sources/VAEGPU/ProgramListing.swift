import CPUBackend
import Compute
import OpenCLBackend
import Training

/// The OpenCL programs that a GPU may be given for the named workloads.
package enum ProgramListing {
  /// The operations, every candidate of tuning for every form of matrix product that a training
  /// step or an evaluation of a workload has, and the launches that take several commands of a step
  /// of dense layers. No OpenCL device is needed.
  package static func all() throws -> [ListedProgram] {
    let products = try Workload.all.flatMap {
      try Tuning.products(of: $0.configuration, data: $0.images())
    }
    // The CPU backend's products take images, so a convolutional step is another one there.
    let steps = try Workload.all.map { try step(of: $0) }.filter { step in
      !step.commands.contains {
        if case .multiply(let multiply) = $0 { multiply.images != nil } else { false }
      }
    }
    return OpenCLBackend.programs(
      multiplying: products, steps: steps, on: GemmTarget.graphicsProcessors)
  }

  private static func step(of workload: Workload) throws -> ListedStep {
    let configuration = workload.configuration
    let trainer = try Trainer(
      configuration, data: workload.images(), device: Device(CPUBackend(threads: 1)))
    let program = try trainer.step(rows: configuration.batchSize).program
    return ListedStep(
      name: workload.name, commands: program.commands, accesses: program.accesses)
  }
}
