import Compute
import Glibc

extension OpenCLBackend {
  /// VAE_GPU_JOIN=0 gives every command launches of its own. So does PoCL 3.1, which compiles some
  /// kernels with barriers in branches wrongly (one of seven models, on one thread, too; Intel's
  /// runtime and Oclgrind run the same text rightly).
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
    let joinable = zip(commands, accesses).map { isJoinable($0, writing: $1.writes) }
    let runs = Self.runs(of: joinable).filter { $0.count > 1 }
    // By CLBlast alone, its epilogues join the launches behind it instead.
    let hasProduct = runs.joined().contains {
      if case .multiply = commands[$0] { true } else { false }
    }
    guard hasProduct else { return try prepare(commands) }
    let launches = runs.map {
      JoinedLaunch(commands[$0], accesses: accesses[$0], backend: self)
    }
    let rest = commands.indices.filter { index in !runs.contains { $0.contains(index) } }
    try buildPrograms(of: rest.map { commands[$0] }, joints: rest.map { _ in nil })
    let sequence = OpenCLCommandSequence(backend: self)
    var index = 0
    while index < commands.count {
      if let run = runs.firstIndex(where: { $0.lowerBound == index }) {
        sequence.append(
          try launches[run].command(), of: runs[run].count, groups: launches[run].groups)
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

  /// The ranges of elements that are true.
  package static func runs(of flags: [Bool]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, flag) in flags.enumerated() where flag {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }

  /// Whether a command gains by being a part of a launch: on a large GPU (8 MiB written, 200
  /// MFLOP) it takes 10 µs or less, about what a launch costs the host. A larger command is faster
  /// by itself, where it has the registers and the local memory that it needs alone.
  private func isJoinable(_ command: Command, writing views: [BufferView]) -> Bool {
    let isSmall = views.reduce(0) { $0 + $1.byteCount } <= 8 << 20
    switch command {
    case .kernel(let launch):
      switch launch.size {
      case .rows(let count): return isSmall && count <= 1 << 12
      case .items: return isSmall
      }
    case .multiply(let multiply):
      let variant = variant(of: multiply)
      return isSmall && multiply.floatingPointOperations <= 200_000_000
        && variant.tile != nil && variant.items == JoinedLaunch.items
        && variant.groups(GemmShape(multiply)) <= 1 << 12
    }
  }

  func joinedKernel(_ name: String, of request: ProgramRequest) throws(ComputeError) -> KernelHandle
  {
    counters.kernels += 1
    return try counting { () throws(ComputeError) in try programs.product(name, of: request) }
  }
}
