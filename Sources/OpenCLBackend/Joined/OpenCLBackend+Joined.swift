import Compute
import Glibc

extension OpenCLBackend {
  /// VAE_GPU_JOIN=0 gives every command launches of its own. So does PoCL 3.1, which compiles some
  /// kernels with barriers in branches wrongly (one of seven models, on one thread, too; Intel's
  /// runtime and Oclgrind run the same text rightly), and AMD's GPUs.
  static func joins(on device: OpenCLDevice) -> Bool {
    getenv("VAE_GPU_JOIN").map { String(cString: $0) } != "0" && device.runsJoinedLaunches
  }

  /// One launch for each run of commands that can share one, on devices other than processors:
  /// there a launch costs what a small command does.
  package func prepare(
    _ commands: [Command], replaying accesses: [CommandAccess]
  ) throws(ComputeError) -> any CommandSequence {
    guard joins, !isDebugging else { return try prepare(commands) }
    try checkMatrixInstructions(of: commands)
    let target = joinedTarget
    let runs = target.runs(of: commands, accesses)
    guard !runs.isEmpty else { return try prepare(commands) }
    let launches = runs.map {
      JoinedLaunch(commands[$0], accesses: accesses[$0], target: target)
    }
    let rest = commands.indices.filter { index in !runs.contains { $0.contains(index) } }
    try buildPrograms(of: rest.map { commands[$0] }, joints: rest.map { _ in nil })
    let sequence = OpenCLCommandSequence(backend: self)
    var index = 0
    while index < commands.count {
      if let run = runs.firstIndex(where: { $0.lowerBound == index }) {
        sequence.append(
          try launches[run].command(self), of: runs[run].count, groups: launches[run].groups)
        index = runs[run].upperBound
        continue
      }
      // What CLBlast leaves behind joins no launch here: large products have epilogues of their
      // own.
      try append(commands[index], to: sequence)
      index += 1
    }
    return sequence
  }

  private var joinedTarget: JoinedTarget {
    JoinedTarget(
      computeUnits: info.computeUnits, matrixInstructions: device.matrixInstructions,
      variant: variant(of:))
  }

  func joinedKernel(_ name: String, of request: ProgramRequest) throws(ComputeError) -> KernelHandle
  {
    counters.kernels += 1
    return try counting { () throws(ComputeError) in try programs.product(name, of: request) }
  }
}
